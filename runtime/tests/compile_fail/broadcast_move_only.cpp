// must fail with: a BroadcastChannel copies its values to receivers
#include "flowcoro/async/broadcast_channel.hpp"

#include <memory>

#ifdef MISTAKE
using Pointer = std::unique_ptr<int>;
#else
using Pointer = std::shared_ptr<int>;
#endif

void announce(Pointer pointer) {
  flowcoro::BroadcastChannel<Pointer> channel{1};
  channel.send(std::move(pointer));
}
