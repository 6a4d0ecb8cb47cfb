// @ts-nocheck what the compiler refuses, as a JavaScript user may write it
import { counter, keyspace, none } from "keywright/schema";

const said = { purpose: "For a golden rendering.", owner: "chat", writers: ["chat"], readers: [], tag: none("alone") };
const count = { ...said, ttl: "1h" };

export default keyspace({
  name: "match",
  families: {
    closed: counter("a1:<id:match(/a))/)>", count),
    twice: counter("a2:<id:match(/a{2}{3}/)>", count),
    braces: counter("a3:<id:match(/a{x}/)>", count),
    repeats: counter("a4:<id:match(/a{2000}/)>", count),
    bounds: counter("a5:<id:match(/a{3,2}/)>", count),
    anchor: counter("a6:<id:match(/^a$/)>", count),
    quantifier: counter("a7:<id:match(/+a/)>", count),
    bracket: counter("a8:<id:match(/a]/)>", count),
    lookAround: counter("a9:<id:match(/(?=a)a/)>", count),
    range: counter("b1:<id:match(/[z-a]/)>", count),
    emptyClass: counter("b2:<id:match(/[]/)>", count),
    openClass: counter("b3:<id:match(/[a/)>", count),
    backslash: counter("b4:<id:match(/a\\/)>", count),
    escape: counter("b5:<id:match(/\\q/)>", count),
    digits: counter("b6:<id:match(/\\xZZ/)>", count),
    codePoint: counter("b7:<id:match(/\\u{110000}/)>", count),
  },
});
