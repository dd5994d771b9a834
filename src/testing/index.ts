/** The public surface of "spamd-sync/testing". */

export {
  MemoryNetwork,
  type MemoryNetworkOptions,
  type NetworkFaults,
} from '../transport/memory.ts';
export { type ContractCase, storeContract, type TriedStore } from './store-contract.ts';
