import { Fault } from "/secret/static/backend.js";
import { UNDECIDED } from "/secret/static/decisions.js";
import { MOST_IN_A_BATCH, Saving } from "/secret/static/saving.js";
import { UnsavedStore } from "/secret/static/unsaved.js";
import { equal } from "./assert.js";

const REJECTED = { ...UNDECIDED, verdict: "rejected" };
const KEPT = { ...UNDECIDED, verdict: "kept" };
const UNREACHABLE = new Fault("the server cannot be reached", "unreachable", true);

/** A saving whose clock and backend the test moves; answers are functions of the corrections. */
function world(...answers) {
  const made = { sent: [], stored: null, adopted: [], timer: null };
  made.saving = new Saving({
    send: async (corrections) => {
      made.sent.push(corrections);
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer instanceof Error) throw answer;
      return answer(corrections);
    },
    store: { write: (corrections) => { made.stored = corrections; } },
    adopt: (crop, decision) => made.adopted.push([crop, decision]),
    changed: () => {},
    later: (run, ms) => { made.timer = { run, ms }; return made.timer; },
    cancel: () => { made.timer = null; },
  });
  made.ring = async () => { const { run } = made.timer; made.timer = null; await run(); };
  return made;
}

const accepted = (corrections) =>
  corrections.map(({ crop_id, version, ...rest }) =>
    ({ crop_id, saved: true, version: version + 1, correction: { version: version + 1, ...rest } }));

export async function test_decisions_when_quick_then_go_in_one_request() {
  const made = world(accepted);
  made.saving.put([["a", KEPT]]);
  made.saving.put([["b", REJECTED]]);
  made.saving.put([["a", REJECTED]]);
  equal(made.saving.unsaved, 2);
  await made.ring();
  equal(made.sent.map((batch) => batch.map((one) => [one.crop_id, one.version, one.verdict])),
    [[["a", 0, "rejected"], ["b", 0, "rejected"]]]);
  equal([made.saving.unsaved, made.stored, made.saving.versionOf("a")], [0, [], 1]);
}

export async function test_decisions_when_more_than_a_batch_then_follow_in_the_next() {
  const made = world(accepted);
  for (let number = 0; number < 230; number += 1) made.saving.put([[`c${number}`, KEPT]]);
  await made.ring();
  await made.ring();
  await made.ring();
  equal(made.sent.map((batch) => batch.length), [MOST_IN_A_BATCH, MOST_IN_A_BATCH, 30]);
  equal(made.saving.unsaved, 0);
}

export async function test_decision_when_changed_while_it_is_sent_then_the_newer_one_follows() {
  const made = world((corrections) => {
    if (made.sent.length === 1) made.saving.put([["a", REJECTED]]);
    return accepted(corrections);
  });
  made.saving.put([["a", KEPT]]);
  await made.ring();
  equal(made.saving.unsaved, 1);
  await made.ring();
  equal(made.sent.map(([one]) => [one.verdict, one.version]), [["kept", 0], ["rejected", 1]]);
}

export async function test_requests_when_unreachable_then_are_tried_later_and_later_and_lose_nothing() {
  const made = world(UNREACHABLE);
  made.saving.put([["a", KEPT]]);
  const waits = [];
  for (let tried = 0; tried < 6; tried += 1) {
    await made.ring();
    waits.push(made.timer.ms);
  }
  equal(waits, [1000, 2000, 4000, 8000, 15000, 15000]);
  equal([made.saving.failures, made.saving.reason], [6, "the server cannot be reached"]);
  equal([made.saving.unsaved, made.stored.length], [1, 1]);
}

export async function test_decision_when_made_while_unreachable_then_waits_for_the_next_try() {
  const made = world(UNREACHABLE, accepted);
  made.saving.put([["a", KEPT]]);
  await made.ring();
  made.saving.put([["b", KEPT]]);
  equal(made.timer.ms, 1000);
  await made.ring();
  equal([made.saving.unsaved, made.saving.failures, made.sent[1].length], [0, 0, 2]);
}

export async function test_other_change_when_it_came_first_then_is_shown_and_can_be_taken() {
  const theirs = { version: 3, ...REJECTED };
  const made = world(() => [{ crop_id: "a", saved: false, version: 3, correction: theirs }]);
  made.saving.put([["a", KEPT]]);
  await made.ring();
  equal(made.saving.conflicts.get("a"), { mine: KEPT, theirs: REJECTED, version: 3 });
  equal([made.saving.unsaved, made.stored.length], [1, 1]);
  made.saving.takeTheirs("a");
  equal(made.adopted, [["a", REJECTED]]);
  equal([made.saving.unsaved, made.saving.versionOf("a")], [0, 3]);
}

export async function test_other_change_when_mine_is_kept_then_is_replaced_from_its_version() {
  const theirs = { version: 3, ...REJECTED };
  const made = world(() => [{ crop_id: "a", saved: false, version: 3, correction: theirs }], accepted);
  made.saving.put([["a", KEPT]]);
  await made.ring();
  made.saving.keepMine("a");
  await made.ring();
  equal(made.sent[1][0], { crop_id: "a", version: 3, ...KEPT });
  equal(made.saving.unsaved, 0);
}

export async function test_other_change_when_it_is_the_same_then_is_no_conflict() {
  const made = world(() => [{ crop_id: "a", saved: false, version: 3, correction: { version: 3, ...KEPT } }]);
  made.saving.put([["a", KEPT]]);
  await made.ring();
  equal([made.saving.conflicts.size, made.saving.versionOf("a")], [0, 3]);
}

export async function test_crop_when_deleted_meanwhile_then_is_told_and_not_sent_again() {
  const made = world(() => [{ crop_id: "a", saved: false, version: 0, correction: null, reason: "deleted" }]);
  made.saving.put([["a", KEPT]]);
  await made.ring();
  equal([...made.saving.refused], [["a", "deleted"]]);
  equal([made.saving.unsaved, made.timer], [0, null]);
}

export async function test_batch_when_refused_for_one_decision_then_the_others_are_saved() {
  const bad = new Fault("caption too long", "bad_request", false);
  const made = world((corrections) => {
    if (corrections.some((one) => one.crop_id === "c5")) throw bad;
    return accepted(corrections);
  });
  for (let number = 0; number < 8; number += 1) made.saving.put([[`c${number}`, KEPT]]);
  while (made.timer) await made.ring();
  equal([...made.saving.refused], [["c5", "caption too long"]]);
  equal(made.saving.unsaved, 0);
}

export async function test_link_when_expired_then_nothing_is_sent_and_the_work_is_kept() {
  const made = world(new Fault("expired", "expired", false));
  made.saving.put([["a", KEPT]]);
  await made.ring();
  await made.saving.flush();
  equal([made.sent.length, made.saving.ended, made.saving.unsaved, made.stored.length], [1, "expired", 1, 1]);
}

function storage() {
  const made = {};
  const hidden = (name, value) => Object.defineProperty(made, name, { value, enumerable: false, configurable: true });
  hidden("setItem", (key, value) => { made[key] = value; });
  hidden("getItem", (key) => made[key] ?? null);
  hidden("removeItem", (key) => { delete made[key]; });
  return made;
}

export function test_unsaved_when_a_tab_is_closed_then_another_one_of_the_production_finds_it() {
  const kept = storage();
  new UnsavedStore(kept, "P", "1").write([{ crop_id: "a", version: 0, ...KEPT }]);
  new UnsavedStore(kept, "Q", "2").write([{ crop_id: "q", version: 0, ...KEPT }]);
  const later = new UnsavedStore(kept, "P", "3");
  const { corrections, entries } = later.left();
  equal(corrections.map((one) => one.crop_id), ["a"]);
  later.forget(entries);
  equal(later.left().corrections, []);
}

export function test_unsaved_when_the_store_is_full_or_forbidden_then_says_so() {
  const full = storage();
  Object.defineProperty(full, "setItem", { value: () => { throw new Error("quota"); } });
  const stores = [new UnsavedStore(full, "P", "1"), new UnsavedStore(null, "P", "1")];
  for (const store of stores) store.write([{ crop_id: "a" }]);
  equal(stores.map((store) => store.works), [false, false]);
  equal(stores[1].left().corrections, []);
}

export function test_unsaved_when_it_cannot_be_read_then_is_nothing() {
  const kept = storage();
  kept.setItem("onmodel.review.P/0", "{cut off");
  equal(new UnsavedStore(kept, "P", "1").left().corrections, []);
}
