import { faultsOf, mentions, plain, putRight, repeatedTrait } from "/secret/static/captions.js";
import { equal } from "./assert.js";

const subject = { name: "Buck", others: ["Frank", "Rinky"] };
const texts = (caption, of = subject) => faultsOf(caption, of).map((fault) => fault.text);
const without = (caption, of = subject) => faultsOf(caption, of).map((fault) => fault.without);

export function test_caption_when_it_names_the_character_then_has_no_fault() {
  equal(texts("Buck's ears hang; an apple lies beside him."), []);
}

export function test_caption_when_it_names_another_then_the_name_is_replaced() {
  equal(texts("Frank jumps"), ["names Frank, not Buck"]);
  equal(without("Frank jumps"), ["Buck jumps"]);
}

export function test_caption_when_a_name_is_part_of_another_then_the_longest_counts() {
  const of = (name, ...others) => ({ name, others });
  equal(texts("Buck Bunny runs", of("Buck", "Buck Bunny")), ["names Buck Bunny, not Buck"]);
  equal(without("Buck Bunny runs", of("Buck", "Buck Bunny")), ["Buck runs"]);
  equal(texts("Buck Bunny runs", of("Buck Bunny", "Buck")), []);
  equal(without("Buck runs", of("Buck Bunny", "Buck")), ["Buck Bunny runs"]);
  equal(texts("Old Buck runs", of("Buck", "Old Buck")), ["names Old Buck, not Buck"]);
  equal(texts("花子は眠る", of("花", "花子")), ["names 花子, not 花"]);
}

export function test_caption_when_it_names_nobody_then_says_so() {
  equal(texts("A bucket stands there"), ["does not name Buck"]);
}

export function test_caption_when_nobody_is_in_the_picture_then_names_are_told() {
  equal(texts("Frank jumps", { name: "", others: ["Buck", "Frank"] }), ["names Frank, but nobody is named here"]);
}

export function test_caption_when_it_describes_the_look_then_the_name_alone_is_left() {
  equal(without("A cartoon rabbit named Buck sleeps"), ["Buck sleeps"]);
  equal(without("Grey-furred Buck yawns"), ["Buck yawns"]);
}

export function test_caption_when_it_begins_emptily_then_the_beginning_is_stripped() {
  equal(texts("In this scene, Buck yawns"), ["“In this scene,” says nothing"]);
  equal(putRight("In this scene, a cartoon rabbit named Buck yawns", subject), "Buck yawns");
}

export function test_caption_when_it_has_what_most_have_then_says_so() {
  const phrases = [{ text: "there is a", is_opening: true }, { text: "soft light", is_opening: false }];
  const of = { ...subject, phrases };
  equal(texts("There is a hill below Buck", of), ["begins with “there is a”, as most captions do"]);
  equal(texts("Buck sees that there is a hill", of), []);
  equal(texts("Buck yawns in Soft light", of), ["“soft light” is in too many captions"]);
}

export function test_caption_when_it_repeats_the_description_then_says_which_words() {
  const of = { ...subject, traits: "a grey rabbit with big buck teeth" };
  equal(texts("Buck, a grey rabbit, runs", of), ["“grey rabbit” is in the description of Buck: the name already says it"]);
  equal(repeatedTrait("Buck runs", of.traits), null);
}

export function test_caption_when_it_has_markup_then_it_is_stripped() {
  equal([
    "**Buck** _runs_", "- Buck runs", "# Buck\nruns", "[Buck](http://a.b) runs", "Caption: Buck runs",
    "<b>Buck</b> runs", "\u202eBuck runs", "Buck\u200b runs",
  ].map(plain), [
    "Buck runs", "Buck runs", "Buck runs", "Buck runs", "Buck runs", "Buck runs", "Buck runs", "Buck runs",
  ]);
}

export function test_caption_when_it_begins_with_filler_then_it_is_stripped() {
  equal(without("This image shows Buck asleep"), ["Buck asleep"]);
}

export function test_caption_when_it_has_several_faults_then_all_are_put_right_at_once() {
  equal(putRight("This image shows a cartoon squirrel named Frank **asleep**", subject), "Buck asleep");
  equal(putRight("Buck asleep", subject), null);
  equal(putRight("A meadow", subject), null);
}

export function test_caption_when_too_long_or_short_then_is_not_saved() {
  const blocking = (caption) => faultsOf(caption, subject).filter((fault) => fault.blocks).length;
  equal([blocking(`Buck ${"x".repeat(10000)}`), blocking("B"), blocking("Buck runs")], [1, 1, 0]);
}

export function test_name_when_in_a_script_without_spaces_then_is_found_within_the_text() {
  equal(texts("花子は木の下で眠る", { name: "花子", others: [] }), []);
}

export function test_name_when_composed_otherwise_then_is_found() {
  equal([mentions("Ze\u0301 runs", "Z\u00e9"), mentions("Jean\u2011Luc runs", "Jean-Luc"), mentions("O\u2019Hara", "O'Hara")],
    [true, true, true]);
}

export function test_name_when_made_of_signs_then_is_taken_as_it_is_written() {
  equal([mentions("Mr. (X) runs", "Mr. (X)"), mentions("a+b|c", "b|c"), mentions("Buck", ".*")], [true, true, false]);
}
