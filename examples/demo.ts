/** `npm run demo`, and `npm run demo -- publishing` or `moves`: the demo of one of the examples. */
const demos: Readonly<Record<string, () => Promise<unknown>>> = {
  friends: () => import("./friends/demo.js"),
  moves: () => import("./moves/demo.js"),
  publishing: () => import("./publishing/demo.js"),
};

const [name = "friends", ...rest] = process.argv.slice(2);
const demo = Object.hasOwn(demos, name) && rest.length === 0 ? demos[name] : undefined;
if (demo === undefined) {
  process.stderr.write(`There is no such demo. Write one of:\n`);
  for (const each of Object.keys(demos)) process.stderr.write(`  npm run demo -- ${each}\n`);
  process.exitCode = 2;
} else {
  await demo();
}
