import { Backend } from "/secret/static/backend.js";
import { equal } from "./assert.js";

/** A backend that gives these answers one after another: [status, content], or null for none. */
function world(...answers) {
  const asked = [];
  const waited = [];
  const fetch = async (address) => {
    asked.push(address.href);
    const answer = answers.shift();
    if (answer === null) throw new TypeError("offline");
    const [status, content] = answer;
    return new Response(JSON.stringify(content), { status });
  };
  return { asked, waited, backend: new Backend("http://a/b/", fetch, async (ms) => waited.push(ms)) };
}

const fault = (promise) => promise.then(() => null, ({ message, code, retry }) => ({ message, code, retry }));

export async function test_question_when_functions_are_busy_then_is_asked_again() {
  const made = world([429, { message: "slow down" }], null, [200, { items: [] }]);
  equal(await made.backend.items("100"), { items: [] });
  equal(made.asked, Array(3).fill("http://a/b/items?after=100"));
  equal(made.waited, [300, 1000]);
}

export async function test_question_when_never_answered_then_says_so_after_four_times() {
  const made = world(null, null, null, null);
  equal(await fault(made.backend.items(null)),
    { message: "the server cannot be reached", code: "unreachable", retry: true });
  equal(made.asked.length, 4);
}

export async function test_question_when_refused_then_is_not_asked_again() {
  const made = world([410, { error: "This link has expired.", code: "expired" }]);
  equal(await fault(made.backend.groups(0.9)),
    { message: "This link has expired.", code: "expired", retry: false });
  equal(made.asked, ["http://a/b/groups?threshold=0.9"]);
}

export async function test_decisions_when_not_taken_then_are_sent_once_and_may_be_sent_later() {
  const made = world([503, { error: "Try again.", code: "unavailable" }]);
  equal(await fault(made.backend.save([])), { message: "Try again.", code: "unavailable", retry: true });
  equal(made.asked, ["http://a/b/corrections"]);
}
