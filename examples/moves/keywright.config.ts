import { defineConfig } from "keywright/config";

export default defineConfig({ schema: "redis.schema.ts", out: "generated/redis" });
