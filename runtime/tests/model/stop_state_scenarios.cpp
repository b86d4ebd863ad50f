#include "flowcoro/coro/detail/stop_state.hpp"

#include "model/atomics.hpp"
#include "model/scenarios.hpp"

#include <optional>

/// A callback runs once or not at all; after remove() it neither runs nor will, and the node may be destroyed.
namespace flowcoro::model {
namespace {

using StopState = BasicStopState<ModelAtomics>;
using StopNode = BasicStopNode<ModelAtomics>;

struct Callback : StopNode {
  Callback() : StopNode{&run} {}
  Plain<int> runs{0};
  StopState* removes_itself_from = nullptr;

  static void run(StopNode& node) noexcept {
    auto& self = static_cast<Callback&>(node);
    self.runs = self.runs + 1;
    if (self.removes_itself_from != nullptr) self.removes_itself_from->remove(self);
  }
};

/// Waits for a stop, and does not wait any longer.
void add_and_remove(StopState& state) {
  std::optional<Callback> callback{std::in_place};
  if (!state.add(*callback)) {
    check(callback->runs == 0, "a callback runs that was not added");
    check(state.stop_requested(), "a callback is refused without a reason");
    return;
  }
  state.remove(*callback);
  check(callback->runs <= 1, "a callback runs twice");
  callback.reset();
}

/// Passes a request on to a state of its own, and ends with it.
struct Child {
  struct Link : StopNode {
    explicit Link(StopState& child) : StopNode{&pass_on}, to{&child} {}
    Plain<StopState*> to;
    static StopState* pass_on(StopNode& node) noexcept { return static_cast<Link&>(node).to; }
  };
  StopState state;
  Link link{state};
};

} // namespace

std::vector<Scenario> stop_state_scenarios() {
  return {
      {.name = "CallbackIsRemovedWhileStopIsRequested",
       .bounds = {.preemptions = 3},
       .program =
           [](Threads& threads) {
             StopState state;
             threads.start([&] { check(state.request_stop(), "the only request is not the first"); });
             threads.start([&] { add_and_remove(state); });
             threads.join();
           }},
      {.name = "WhoSeesARequestSeesWhatWasWrittenBefore",
       .bounds = {.preemptions = 4},
       .program =
           [](Threads& threads) {
             StopState state;
             Plain<int> reason{0};
             threads.start([&] {
               reason = 1;
               state.request_stop();
             });
             threads.start([&] {
               if (state.stop_requested()) check(reason == 1, "what was written before the request is not visible");
             });
             threads.join();
           }},
      {.name = "CallbackStaysWhileStopIsRequestedTwice",
       .program =
           [](Threads& threads) {
             StopState state;
             std::optional<Callback> callback{std::in_place};
             check(state.add(*callback), "a callback is refused");
             int first = 0;
             for (int i = 0; i < 2; ++i) threads.start([&] { first += state.request_stop() ? 1 : 0; });
             threads.join();
             check(first == 1, "not one request is the first");
             check(callback->runs == 1, "the callback does not run once");
             state.remove(*callback);
           }},
      {.name = "CallbackRemovesItselfWhileAnotherIsRemoved",
       .program =
           [](Threads& threads) {
             StopState state;
             std::optional<Callback> callback{std::in_place};
             callback->removes_itself_from = &state;
             check(state.add(*callback), "a callback is refused");
             threads.start([&] {
               state.request_stop();
               check(callback->runs == 1, "the callback does not run once");
               callback.reset();
             });
             threads.start([&] { add_and_remove(state); });
             threads.join();
           }},
      {.name = "TwoCallbacksAreRemovedWhileStopIsRequested",
       .bounds = {.stale = 2},
       .program =
           [](Threads& threads) {
             StopState state;
             threads.start([&] { state.request_stop(); });
             for (int i = 0; i < 2; ++i) threads.start([&] { add_and_remove(state); });
             threads.join();
           },
       .large = true},
      {.name = "CallbackInTheMiddleIsRemovedByItsNeighbours",
       .bounds = {.stale = 2},
       .program =
           [](Threads& threads) {
             StopState state;
             std::optional<Callback> first{std::in_place}, second{std::in_place}, third{std::in_place};
             for (auto* callback : {&first, &second, &third}) check(state.add(**callback), "a callback is refused");
             for (auto* callback : {&first, &second, &third})
               threads.start([&state, callback] {
                 state.remove(**callback);
                 callback->reset();
               });
             threads.join();
             check(state.request_stop(), "the only request is not the first");
           },
       .large = true},
      {.name = "StateEndsWhileARequestIsPassedOnToIt",
       .bounds = {.stale = 2},
       .program =
           [](Threads& threads) {
             StopState parent;
             std::optional<Child> child{std::in_place};
             check(parent.add(child->link), "a link is refused");
             threads.start([&] { parent.request_stop(); });
             threads.start([&] {
               add_and_remove(child->state);
               parent.remove(child->link);
               child.reset();
             });
             threads.join();
           }},
      {.name = "StateIsStoppedByItselfWhileARequestIsPassedOnToIt",
       .bounds = {.stale = 2},
       .program =
           [](Threads& threads) {
             StopState parent;
             std::optional<Child> child{std::in_place};
             std::optional<Callback> callback{std::in_place};
             check(parent.add(child->link), "a link is refused");
             check(child->state.add(*callback), "a callback is refused");
             threads.start([&] { parent.request_stop(); });
             threads.start([&] {
               child->state.request_stop();
               child->state.remove(*callback);
               check(callback->runs == 1, "the callback does not run once");
               callback.reset();
               parent.remove(child->link);
               child.reset();
             });
             threads.join();
           }},
  };
}

} // namespace flowcoro::model
