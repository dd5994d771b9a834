/** One delivery attempt, given as JSON, from a process that can be run in a namespace. */
import { type Attempt, attempt } from './smtp.ts';

console.log(JSON.stringify(await attempt(JSON.parse(process.argv[2] ?? '') as Attempt)));
