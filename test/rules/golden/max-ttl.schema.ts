// @ts-nocheck what the compiler refuses, as a JavaScript user may write it
import { keyspace } from "keywright/schema";

export default keyspace({ name: "max-ttl", rules: { maxTtl: "1h" }, families: {} });
