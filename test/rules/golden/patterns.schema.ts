// @ts-nocheck what the compiler refuses, as a JavaScript user may write it
import { keyspace, none, value } from "keywright/schema";
import { z } from "zod";

const said = { purpose: "For a golden rendering.", owner: "chat", writers: ["chat"], readers: [], tag: none("alone") };
const text = { ...said, ttl: "1h", value: z.string() };

export default keyspace({
  name: "patterns",
  families: {
    empty: value("", text),
    unclosedParameter: value("a1:<id", text),
    unclosedMatch: value("a2:<id:match(/[a-z]+/)", text),
    wildcard: value("a3:*:<id>", text),
    invisible: value("a4: <id>", text),
    unopened: value("a5:id>", text),
    adjacent: value("a6:<a><b>", text),
    twice: value("a7:<id>:<id>", text),
    nameless: value("a8:<>", text),
    noIdentifier: value("a9:<user-id>", text),
    codecNear: value("b1:<id:uid>", text),
    codecAlias: value("b2:<id:number>", text),
    codecFar: value("b3:<id:something>", text),
    argumentOfNone: value("b4:<id:int(5)>", text),
    enumWithout: value("b5:<id:enum>", text),
    enumTwice: value("b6:<id:enum(a|a)>", text),
    enumColon: value("b7:<id:enum(a:b|c)>", text),
    ipArgument: value("b8:<ip:ip(v4)>", text),
    hashArgument: value("b9:<id:sha256(phone)>", text),
    matchWithout: value("c1:<id:match(a+)>", text),
    matchEmpty: value("c2:<id:match(/a*/)>", text),
    matchCharacters: value("c3:<id:match(/[{]+/)>", text),
    matchSyntax: value("c4:<id:match(/(a/)>", text),
    matchIrregular: value("c5:<id:match(/(a)\\1/)>", text),
    strayBrace: value("c6:id}:<id>", text),
    nestedTag: value("c7:{a{<id>}", text),
    secondTag: value("c8:{<a>}:{<b>}", text),
    unclosedTag: value("c9:{<id>", text),
    emptyTag: value("d1:{}:<id>", text),
    ipInside: value("d2:<ip:ip>:x", text),
    restInside: value("d3:<path:rest>:x", text),
    ambiguous: value("d4:<a:match(/x+/)>x<b:match(/x+/)>", text),
    one: value("d5:<id>", text),
    same: value("d5:<name>", text),
  },
});
