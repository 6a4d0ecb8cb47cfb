import { afterAll, beforeAll, expect } from "vitest";
import { events } from "../../src/runtime/events.js";

// Test files run in one process, one after the other, and share its modules: what one of them leaves behind, others
// would meet, in an order that changes. So a file that leaves something fails.

const ofTheProcess = () => ({
  folder: process.cwd(),
  environment: { ...process.env },
  // Vitest's own are among them.
  listeners: (["uncaughtException", "unhandledRejection", "warning"] as const).map((name) =>
    process.listenerCount(name),
  ),
  subscribed: events.hasSubscribers,
});

let before: ReturnType<typeof ofTheProcess>;

beforeAll(() => {
  before = ofTheProcess();
});

afterAll(() => {
  expect(ofTheProcess(), "what a test file leaves of the process, against what it found").toEqual(before);
});
