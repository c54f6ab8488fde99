import { MOST_STEPS, Session } from "/secret/static/session.js";
import { slugOf } from "/secret/static/slugs.js";
import { equal } from "./assert.js";

const CAST = ["Buck", "Frank"].map((name) => ({
  slug: name.toLowerCase(), name, description: "", references: [],
}));

function item(number, fields = {}) {
  return {
    crop_id: `c${number}`, character: "buck", caption: `Buck ${number}`, timecode: `0:${number}`,
    width: 8, height: 10, picture: "", thumbnail: null, doubts: [], left_out: "", group: null,
    cluster: null, correction: null, ...fields,
  };
}

function session(items, decided) {
  const made = new Session(decided);
  made.add({
    production: "P", characters: CAST, total: items.length, sheets: ["s.jpg"], threshold: 0.9,
    is_waited_for: false, items,
  });
  return made;
}

const DOUBT = [{ kind: "margin", text: "?", weight: 1 }];

export function test_filters_when_items_are_added_then_count_what_each_shows() {
  const made = session([
    item(1, { doubts: DOUBT }), item(2), item(3, { character: "", left_out: "not named" }),
    item(4, { correction: { version: 2, verdict: "rejected", character: null, caption: null, not_a_match: [] } }),
  ]);
  equal(Object.fromEntries(made.counts()), {
    doubtful: 1, undecided: 3, all: 4, rejected: 1, leftOut: 1, unnamed: 1,
    "character:buck": 3, "character:frank": 0,
  });
  equal(made.list, ["c1"]);
}

export function test_characters_when_a_later_page_has_a_new_one_then_it_comes_last() {
  const made = session([item(1)]);
  const another = { ...CAST[0], slug: "buck-bunny", name: "Buck Bunny" };
  const renewed = { ...CAST[1], references: ["frank.jpg"] };
  made.add({
    production: "P", characters: [CAST[0], another, renewed], total: 1, sheets: ["s.jpg"],
    threshold: 0.9, is_waited_for: false, items: [],
  });
  equal(made.characters.map((one) => one.slug), ["buck", "frank", "buck-bunny"]);
  equal(made.characters[1].references, ["frank.jpg"]);
}

export function test_filter_when_a_crop_of_it_is_decided_then_keeps_it_in_the_list() {
  const made = session([item(1), item(2)]);
  made.setFilter("undecided");
  made.reject(["c1"]);
  equal(made.list, ["c1", "c2"]);
  equal(made.counts().get("undecided"), 1);
}

export function test_filter_when_changed_then_stays_at_the_same_crop() {
  const made = session([item(1), item(2, { character: "frank" }), item(3)]);
  made.setFilter("all");
  made.goTo("c3");
  made.setFilter("character:buck");
  equal([made.at, made.current], [1, "c3"]);
}

export function test_decision_when_given_twice_then_is_one_step() {
  const told = [];
  const made = session([item(1)], (crops) => told.push(...crops));
  equal([made.reject(["c1"]), made.reject(["c1"])], [true, false]);
  equal(told, ["c1"]);
  equal(made.undo().text, "rejected Buck at 0:1");
  equal(made.undo(), null);
}

export function test_name_when_given_then_keeps_the_crop_and_shows_the_name() {
  const made = session([item(1)]);
  made.reject(["c1"]);
  made.name(["c1"], "frank");
  equal(made.shown("c1"), { verdict: "kept", character: "frank", caption: "Buck 1" });
}

export function test_undecided_when_chosen_then_takes_verdict_and_name_back_and_leaves_the_caption() {
  const made = session([item(1)]);
  made.name(["c1"], "frank");
  made.caption("c1", "Frank runs");
  made.undecide(["c1"]);
  equal(made.decision("c1"), {
    verdict: null, character: null, character_name: null, caption: "Frank runs", not_a_match: [],
  });
}

export function test_caption_when_written_as_it_was_then_is_no_correction() {
  const made = session([item(1)]);
  made.caption("c1", "Buck runs");
  made.caption("c1", "Buck 1");
  equal(made.decision("c1").caption, null);
}

export function test_repeat_when_something_was_decided_then_decides_the_same_of_others() {
  const made = session([item(1), item(2)]);
  equal(made.repeat(["c1"]), false);
  made.name(["c1"], "frank");
  equal(made.repeat(["c2"]), true);
  equal(made.shown("c2").character, "frank");
}

export function test_undo_when_many_steps_were_made_then_takes_them_back_one_by_one() {
  const made = session(Array.from({ length: 60 }, (_, number) => item(number)));
  for (const crop of made.crops) made.reject([crop]);
  equal(made.undoable, "rejected Buck at 0:59");
  for (let step = 0; step < 59; step += 1) made.undo();
  equal(made.crops.map((crop) => made.decision(crop).verdict).filter(Boolean), ["rejected"]);
  equal(MOST_STEPS >= 50, true);
}

export function test_undo_when_the_step_had_many_crops_then_takes_all_back() {
  const made = session([item(1), item(2), item(3)]);
  made.keep(["c1"]);
  made.reject(["c1", "c2", "c3"]);
  const step = made.undo();
  equal([step.text, step.crops.length], ["rejected 3 crops", 3]);
  equal(made.crops.map((crop) => made.decision(crop).verdict), ["kept", null, null]);
}

export function test_selection_when_cleared_then_undo_brings_it_back() {
  const made = session([item(1), item(2)]);
  made.selection = new Set(["c1", "c2"]);
  made.clearSelection();
  equal([made.selection.size, made.undo().text], [0, "selection of 2 cleared"]);
  equal([...made.selection], ["c1", "c2"]);
}

export function test_movement_when_at_an_end_then_stays() {
  const made = session([item(1), item(2)]);
  made.setFilter("all");
  equal([made.move(-1), made.move(1), made.move(1), made.current], [false, true, false, "c2"]);
}

export function test_first_undecided_when_all_are_decided_then_there_is_none() {
  const made = session([item(1), item(2), item(3)]);
  made.setFilter("all");
  made.keep(["c1"]);
  equal([made.goToUndecided(), made.current], [true, "c2"]);
  made.keep(["c2", "c3"]);
  equal(made.goToUndecided(), false);
}

export function test_not_a_match_when_said_of_a_group_then_holds_for_each_pair() {
  const made = session([1, 2, 3].map((number) => item(number, { group: "g" })));
  equal(made.alike("c1"), ["c2", "c3"]);
  made.notAMatch(["c1", "c2", "c3"]);
  equal(made.decision("c2").not_a_match, ["c1", "c3"]);
  equal(made.alike("c1"), []);
}

export function test_clusters_when_one_is_named_then_the_larger_of_the_others_comes_first() {
  const unnamed = (number, cluster) => item(number, { character: "", cluster });
  const made = session([unnamed(1, "a"), unnamed(2, "b"), unnamed(3, "b"), unnamed(4, "d")]);
  equal([...made.clusters()], [["b", ["c2", "c3"]], ["a", ["c1"]], ["d", ["c4"]]]);
  made.name(["c2", "c3"], "buck");
  equal([...made.clusters().keys()], ["a", "d"]);
}

export function test_new_character_when_named_then_has_a_slug_and_its_words() {
  const made = session([item(1), item(2)]);
  equal(["  Émile the Owl! ", "McBuck", "Buck Bunny", "バック", "Straße"].map(slugOf),
    ["emile-the-owl", "mcbuck", "buck-bunny", "", ""]);
  equal([made.slugNamed(" BUCK "), made.slugNamed("McBuck")], ["buck", ""]);
  made.addCharacter("mcbuck", "McBuck");
  equal([made.nameOf("mcbuck"), made.slugNamed("mcbuck")], ["McBuck", "mcbuck"]);
  made.name(["c1"], "mcbuck");
  equal([made.decision("c1").character, made.decision("c1").character_name], ["mcbuck", "McBuck"]);
  made.name(["c1"], "buck");
  equal(made.decision("c1").character_name, null);
}

export function test_page_when_loaded_again_then_renews_addresses_and_keeps_decisions() {
  const made = session([item(1)]);
  made.reject(["c1"]);
  made.add({
    production: "P", characters: CAST, total: 1, sheets: ["new.jpg"], threshold: 0.9, is_waited_for: true,
    items: [item(1, { picture: "new", thumbnail: { sheet: 0, x: 0, y: 0, width: 1, height: 1 } })],
  });
  equal([made.size, made.item("c1").picture, made.item("c1").thumbnail.sheet], [1, "new", "new.jpg"]);
  equal(made.decision("c1").verdict, "rejected");
}
