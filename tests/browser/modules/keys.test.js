import { commandOf } from "/secret/static/keys.js";
import { equal } from "./assert.js";

const single = (press, owner = "") => commandOf(press, { view: "single", owner });
const grid = (press, owner = "") => commandOf(press, { view: "grid", owner });

export function test_letters_when_pressed_alone_then_are_commands() {
  const verbs = Object.fromEntries(
    [..."krsp.eu?"].map((key) => [key, single({ key }).verb]));
  equal(verbs, {
    k: "keep", r: "reject", s: "skip", p: "undecide", ".": "repeat", e: "edit", u: "undo", "?": "help",
  });
}

export function test_letters_when_caps_lock_is_on_then_mean_the_same() {
  equal(single({ key: "K" }), { verb: "keep" });
}

export function test_digits_when_pressed_then_name_a_character_and_zero_nobody() {
  equal([..."190"].map((key) => single({ key })),
    [{ verb: "name", number: 1 }, { verb: "name", number: 9 }, { verb: "nobody" }]);
}

export function test_arrows_when_one_crop_is_shown_then_skip_and_go_back() {
  equal(["ArrowRight", "ArrowLeft", "Home", "End"].map((key) => single({ key })?.verb ?? null),
    ["skip", "back", "firstUndecided", null]);
}

export function test_arrows_when_in_the_grid_then_move_and_extend_with_shift() {
  equal(grid({ key: "ArrowDown", shiftKey: true }), { verb: "move", to: "down", extend: true });
  equal(["Home", "End"].map((key) => grid({ key }).to), ["first", "last"]);
  equal([" ", "Enter", "a"].map((key) => grid({ key }).verb), ["select", "open", "selectAll"]);
}

export function test_modifiers_when_held_then_the_press_is_the_browsers() {
  for (const held of ["ctrlKey", "altKey", "metaKey"]) {
    for (const key of ["k", "r", "1", "ArrowLeft", "Escape"]) equal(single({ key, [held]: true }), null);
  }
}

export function test_text_field_when_focused_then_owns_all_but_escape() {
  for (const key of ["k", "1", ".", "?", "Home", "ArrowLeft", "Enter", " "]) {
    equal(single({ key }, "text"), null);
  }
  equal(single({ key: "Escape" }, "text"), { verb: "leave" });
}

export function test_button_when_focused_then_owns_enter_and_space_and_no_letter() {
  equal(grid({ key: "Enter" }, "button"), null);
  equal(grid({ key: " " }, "button"), null);
  equal(grid({ key: "r" }, "button"), { verb: "reject" });
}

export function test_slider_when_focused_then_owns_arrows_and_no_letter() {
  equal(grid({ key: "ArrowLeft" }, "slider"), null);
  equal(grid({ key: "u" }, "slider"), { verb: "undo" });
}

export function test_dialog_when_open_then_owns_every_key() {
  for (const key of ["k", "Escape", "1"]) equal(single({ key }, "dialog"), null);
}

export function test_key_when_it_sticks_then_decides_once_and_moves_on() {
  equal(single({ key: "r", repeat: true }), null);
  equal(single({ key: "u", repeat: true }), null);
  equal(single({ key: "ArrowRight", repeat: true }), { verb: "skip" });
}

export function test_keyboard_when_it_has_other_letters_then_the_place_of_the_key_counts() {
  equal(single({ key: "к", code: "KeyR" }), { verb: "reject" });
  equal(single({ key: "é", code: "Digit2" }), { verb: "name", number: 2 });
}

export function test_input_method_when_composing_then_no_key_is_a_command() {
  equal(single({ key: "k", isComposing: true }), null);
}
