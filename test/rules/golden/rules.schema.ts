// @ts-nocheck what the compiler refuses, as a JavaScript user may write it
import { keyspace } from "keywright/schema";

export default keyspace({ name: "rules", rules: "practices", families: {} });
