#pragma once
/// One stop state follows another for a while.
#include "flowcoro/coro/stop.hpp"

namespace flowcoro::detail {

/// Passes stop requests for `from` on to `to` while it lives; without recursion, however many links there are in a row.
/// `from` may be nullptr: then nobody asks.
class StopLink : StopNode {
 public:
  StopLink(StopState* from, StopState& to) noexcept
      : StopNode{[](StopNode& node) noexcept { return &static_cast<StopLink&>(node).to_; }}, from_{from}, to_{to} {
    if (from_ != nullptr && !from_->add(*this)) {
      from_ = nullptr;
      to_.request_stop();
    }
  }
  ~StopLink() {
    if (from_ != nullptr) from_->remove(*this);
  }

 private:
  StopState* from_;
  StopState& to_;
};

} // namespace flowcoro::detail
