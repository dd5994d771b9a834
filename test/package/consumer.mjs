// Every subpath loads, with none of the optional packages installed.
import { readFileSync } from 'node:fs';

const { exports } = JSON.parse(readFileSync('node_modules/spamd-sync/package.json', 'utf8'));
for (const subpath of Object.keys(exports)) {
  if (subpath === './package.json') continue;
  const loaded = await import(`spamd-sync${subpath.slice(1)}`);
  if (Object.keys(loaded).length === 0) throw new Error(`${subpath} exports nothing`);
  console.log(`import ${subpath}: ok`);
}
