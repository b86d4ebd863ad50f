#pragma once
/// Threads that block until a scheduler has run something for them.
#include "flowcoro/base/intrusive_list.hpp"
#include "flowcoro/coro/scheduler.hpp"

#include <mutex>
#include <source_location>
#include <vector>

namespace flowcoro::detail {

/// The calls of Scheduler::run_until() that a shutdown can stop and name. Threads: any.
class BlockingCalls {
 public:
  class Listed {
   public:
    Listed(BlockingCalls& calls, BlockingCall& call) : calls_{calls}, call_{call} {
      const std::lock_guard lock{calls_.mutex_};
      calls_.list_.push_back(call_);
    }
    /// Waits while a stop request for the call is being delivered.
    ~Listed() {
      const std::lock_guard lock{calls_.mutex_};
      calls_.list_.remove(call_);
    }
    Listed(const Listed&) = delete;
    Listed& operator=(const Listed&) = delete;

   private:
    BlockingCalls& calls_;
    BlockingCall& call_;
  };

  void request_stop_all() noexcept {
    const std::lock_guard lock{mutex_};
    list_.for_each([](BlockingCall& call) { call.stop.request_stop(); });
  }
  void add_places(std::vector<std::source_location>& places) {
    const std::lock_guard lock{mutex_};
    list_.for_each([&places](const BlockingCall& call) { places.push_back(call.where); });
  }

 private:
  std::mutex mutex_;
  IntrusiveList<BlockingCall> list_;
};

} // namespace flowcoro::detail
