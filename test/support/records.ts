/** Records, and steps over them, as tests of stores need them: those of the contract. */
export {
  address,
  attempt,
  change,
  contents,
  keyOf,
  NOW,
  RULES,
  read,
  tuple,
} from '../../src/testing/contract/steps.ts';
