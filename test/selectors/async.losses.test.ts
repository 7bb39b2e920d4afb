/** What is lost while it waits without holding the thread. */
import { asyncLossContract } from "./async.contract.ts";

asyncLossContract();
