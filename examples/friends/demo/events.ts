/** Step 4: ten thousand events, and those around somebody. */
import type { Coordinates, Nearby } from "keywright";
import { expect, expectThat } from "../../shared/expecting.js";
import { commands, count, heading, milliseconds, quote, result, story } from "../../shared/printing.js";
import type { EventLocation } from "./services/database.js";
import { addEvents, cancelEvent, eventsNear, eventsOnMap } from "./services/events.js";
import type { World } from "./world.js";

/** Praça do Comércio, Lisbon. */
const here = { longitude: -9.1366, latitude: 38.7075 };
/** A geohash of 52 bits is less than this away from what was stored. */
const rounding = 1;

export async function events(world: World): Promise<void> {
  heading("4 Events nearby: ten thousand places");
  await entering(world);
  await around(world);
  await cancelled(world);
}

async function entering({ services, measuring, database }: World): Promise<void> {
  const { events } = database;
  story(`${count(events.length)} events in and around Lisbon are entered.`);
  const added = await measuring.measure(() => addEvents(services.events, events));
  expect("new events", added.result, events.length);
  expect("batches", [added.sent.length, added.sent[0]?.args[0]], [10, "GEOADD"]);
  expect("events in the index", await services.discovery.eventsGeo.count({}), events.length);
  const again = await addEvents(services.events, events.slice(0, 1000));
  expect("new events of the second time", again, 0);
  result(
    `${count(added.result)} are new, in ${added.sent.length} batches. Of the first 1,000, entered again, ${again} are new.`,
  );
  commands(added);
}

async function around({ services, measuring, database }: World): Promise<void> {
  const { discovery } = services;
  story("Mara stands in Praça do Comércio: what is within 5 km, and what on her map of 8 by 4 km?");
  const circle = await measuring.measure(() => eventsNear(discovery, here, 5));
  const inCircle = deviation(circle.result, database.events, (at) => metres(here, at) - 5000);
  const box = await measuring.measure(() => eventsOnMap(discovery, here, 8, 4));
  const inBox = deviation(box.result, database.events, beyondBox(8000, 4000));
  result(
    `${count(circle.result.length)} within 5 km (${milliseconds(circle.ms)}), ${count(box.result.length)} on the map ` +
      `(${milliseconds(box.ms)}). They are those that the haversine formula finds among all ${count(database.events.length)}; ` +
      `distances differ by ${Math.max(inCircle, inBox).toFixed(2)} m at most.`,
  );
  commands(circle);
  commands(box);

  const nearest = await measuring.measure(() => eventsNear(discovery, here, 5, 3));
  expect("the nearest", nearest.result, circle.result.slice(0, 3));
  result("The three nearest:");
  for (const { member, distance } of nearest.result) quote(`${member}  ${Math.round(distance * 1000)} m`);
  commands(nearest);
}

async function cancelled({ services, measuring }: World): Promise<void> {
  const [nearest] = await eventsNear(services.discovery, here, 5, 1);
  const { member } = nearest as Nearby;
  story(`The nearest, ${member}, is cancelled.`);
  const removed = await measuring.measure(async () => [
    await cancelEvent(services.events, member),
    await cancelEvent(services.events, member),
  ]);
  expect("removals", removed.result, [true, false]);
  const [next] = await eventsNear(services.discovery, here, 5, 1);
  expectThat("it is not found any more", next !== undefined && next.member !== member);
  result(`It is removed once, and ${next?.member} is the nearest now.`);
  commands(removed);
}

/**
 * Throws unless exactly those events were found, nearest first, that lie within: `beyond` is how far one lies outside, in
 * metres. Gives the largest difference of a distance in metres.
 */
function deviation(found: readonly Nearby[], all: readonly EventLocation[], beyond: (at: Coordinates) => number) {
  const distances = new Map(found.map(({ member, distance }) => [member, distance * 1000]));
  let largest = 0;
  for (const event of all) {
    const outside = beyond(event);
    const distance = distances.get(event.eventId);
    // On the very border the rounding of the geohash decides.
    if (Math.abs(outside) > rounding) expect(`${event.eventId} found`, distance !== undefined, outside < 0);
    if (distance !== undefined) largest = Math.max(largest, Math.abs(distance - metres(here, event)));
  }
  expectThat(`distances are right to ${rounding} m`, largest < rounding);
  const given = found.map(({ distance }) => distance);
  expect(
    "the nearest first",
    given,
    given.toSorted((a, b) => a - b),
  );
  return largest;
}

/** How far a place lies outside a box around here: its width is taken on the place's own parallel. */
function beyondBox(width: number, height: number) {
  return (at: Coordinates) => {
    const east = metres({ ...here, latitude: at.latitude }, at) - width / 2;
    const north = metres({ ...at, latitude: here.latitude }, at) - height / 2;
    return Math.max(east, north);
  };
}

/** The haversine formula on the sphere that Redis takes the earth for. */
function metres(a: Coordinates, b: Coordinates): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const u = Math.sin(radians(b.latitude - a.latitude) / 2);
  const v = Math.sin(radians(b.longitude - a.longitude) / 2);
  const h = u * u + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * v * v;
  return 2 * 6_372_797.560856 * Math.asin(Math.sqrt(h));
}
