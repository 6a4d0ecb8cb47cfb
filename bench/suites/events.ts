/**
 * `events`: what it costs to listen.
 *
 * @module
 */

import assert from "node:assert/strict";
import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base";
import { instrument } from "../../src/opentelemetry/index.js";
import { onEvent } from "../../src/runtime/events.js";
import { collectMetrics } from "../../src/runtime/metrics.js";
import type { Contestant } from "../contestant.js";
import { onDefaults, untimed } from "../contestants/connect.js";
import { rawGet, seed } from "../contestants/node-redis.js";
import { sessionsAsJson } from "../contestants/sessions.js";
import { RECORDS, recordsWithText, texts, tokens } from "../record.js";
import type { Suite } from "../suite.js";

const keys = tokens.map((token) => ({ token }));

/** `repository.get` of the suite `get`, with what listens meanwhile. */
function heardBy(name: string, does: string, listen: () => () => void): Contestant {
  return {
    name,
    ours: true,
    does,
    async open({ url, prefix }) {
      const client = await onDefaults(url);
      await seed(client, prefix, texts);
      const sessions = sessionsAsJson(client, prefix);
      const stop = listen();
      return {
        operate: (i) => sessions.get(keys[i]!),
        check: (i, answer) => assert.deepEqual(answer, recordsWithText[i]),
        close() {
          stop();
          client.destroy();
        },
      };
    },
  };
}

const suite: Suite = {
  title: `GET of a record of about 290 bytes, ${RECORDS} keys in turn, with and without a listener`,
  baseline: "node-redis, timeout off",
  contestants: [
    {
      name: "node-redis, timeout off",
      does: "client.get; no deadline, no parsing, no validation",
      open: async ({ url, prefix }) => rawGet(await untimed(url), prefix),
    },
    heardBy("keywright, nobody listens", "repository.get, as in the suite get", () => () => undefined),
    heardBy(
      "keywright, an event listener",
      "the same while onEvent() hands each event to a listener that counts it",
      () => {
        let heard = 0;
        const stop = onEvent(() => {
          heard += 1;
        });
        return () => {
          stop();
          assert.ok(heard > 0, "no event was heard");
        };
      },
    ),
    heardBy("keywright, collectMetrics", "the same while collectMetrics() counts", () => {
      const metrics = collectMetrics();
      return () => metrics.stop();
    }),
    heardBy(
      "keywright, OpenTelemetry metrics",
      "the same with instrument(), a meter provider of the SDK without exporter, and no spans",
      () => instrument({ tracerProvider: false, meterProvider: new MeterProvider() }),
    ),
    heardBy(
      "keywright, OpenTelemetry spans",
      "the same with a recorded span a call, which nothing exports, and no metrics",
      () => {
        context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
        return instrument({ tracerProvider: new BasicTracerProvider(), meterProvider: false });
      },
    ),
  ],
  goals: [
    { contestant: "keywright, collectMetrics", against: "keywright, nobody listens", inFlight: 64, atLeast: 0.85 },
  ],
};

export default suite;
