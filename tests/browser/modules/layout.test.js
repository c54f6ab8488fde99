import { gridOf, moved, visible } from "/secret/static/layout.js";
import { equal } from "./assert.js";

export function test_grid_when_wide_then_has_more_columns_than_a_phone() {
  equal([gridOf(1200).columns, gridOf(366).columns], [7, 3]);
}

export function test_cells_when_there_are_20000_then_few_are_drawn() {
  const layout = gridOf(1200);
  const [from, to] = visible(layout, { top: 200_000, height: 800, count: 20_000 });
  equal(to - from < 120, true);
  equal(from % layout.columns, 0);
}

export function test_movement_when_at_an_edge_then_stays_in_the_list() {
  const at = (to, from) => moved(to, from, { columns: 4, count: 10, page: 2 });
  equal([at("up", 2), at("down", 8), at("down", 5), at("left", 0), at("right", 9)], [2, 8, 9, 0, 9]);
  equal([at("first", 7), at("last", 0), at("pageDown", 1), at("pageUp", 9)], [0, 9, 9, 1]);
}
