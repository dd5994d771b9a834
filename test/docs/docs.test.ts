import { describeBlocks, needsRedis } from './blocks.ts';

// Those that ask a Redis run with the end-to-end tests.
describeBlocks((block) => !needsRedis(block));
