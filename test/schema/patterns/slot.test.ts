import { describe, expect, it } from "vitest";
import { extractTag, keySlot, shareTag } from "../../../src/schema/patterns/index.js";

/** As `CLUSTER KEYSLOT` answers on Redis 7.0.15. */
const vectors: readonly (readonly [key: string, slot: number])[] = [
  ["", 0],
  ["123456789", 12739],
  ["foo", 12182],
  ["bar", 5061],
  ["{user1000}.following", 3443],
  ["{user1000}.followers", 3443],
  ["foo{}{bar}", 8363],
  ["{}bar", 6479],
  ["foo{{bar}}zap", 4015],
  ["{bar", 4015],
  ["foo{bar}{zap}", 5061],
  ["foo{bar", 15278],
  ["foo}bar{", 11073],
  ["foo}{bar}", 5061],
  ["{}", 15257],
  ["a{b}c{d}e", 3300],
  ["foo{bar}}", 5061],
  ["mpp:browser:session:{session:abc}", 14788],
  ["session:abc", 14788],
];

describe("A4 key slots", () => {
  it.each(vectors)("A4 '%s' is in slot %i", (key, slot) => {
    expect(keySlot(key)).toBe(slot);
  });

  it("A4 a tag runs from the first { to the first } after it, and is not empty", () => {
    expect(extractTag("foo{bar}{zap}")).toBe("bar");
    expect(extractTag("foo{{bar}}zap")).toBe("{bar");
    expect(extractTag("foo}{bar}")).toBe("bar");
    expect(extractTag("foo{}{bar}")).toBeUndefined();
    expect(extractTag("foo{bar")).toBeUndefined();
    expect(extractTag("foo}bar{")).toBeUndefined();
    expect(extractTag("foo")).toBeUndefined();
  });
});

describe("A5 shared tags", () => {
  it("A5 an untagged key shares with none, even in the same slot", () => {
    expect(keySlot("session:abc")).toBe(keySlot("x:{session:abc}"));
    expect(shareTag("session:abc", "x:{session:abc}")).toBe(false);
    expect(shareTag("x:{session:abc}", "session:abc")).toBe(false);
    expect(shareTag("session:abc")).toBe(false);
    expect(shareTag("a", "a")).toBe(false);
  });

  it("A5 no keys share", () => {
    expect(shareTag()).toBe(true);
  });

  it("A5 keys share where their tags are equal", () => {
    expect(shareTag("a:{x}", "b:{x}:c")).toBe(true);
    expect(shareTag("a:{x}", "b:{x}", "c:{y}")).toBe(false);
    expect(shareTag("a:{x}", "b:{}{x}")).toBe(false);
  });
});
