#pragma once
/// Cooperative stop: a request that is made once, and callbacks that run once because of it.
/// The model is std::stop_token; the state is one word, so that every task carries its own without an allocation.
#include <atomic>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

namespace flowcoro {

class StopState;

/// A registered callback. Base of awaiters that must end when stop is requested; users take StopCallback.
class alignas(8) StopNode {
 public:
  /// Must not resume a coroutine on its own stack: whoever asks for the stop may hold what that coroutine would destroy. Post it.
  using Callback = void (*)(StopNode&) noexcept;
  /// \return a state that is to be stopped as well, and that lives until remove() has returned. Passing a request on like this
  /// uses no stack, however long the chain of states is.
  using Relay = StopState* (*)(StopNode&) noexcept;
  explicit StopNode(Callback callback) noexcept : callback_{callback} {}
  explicit StopNode(Relay relay) noexcept : relay_{relay}, relays_{true} {}
  StopNode(const StopNode&) = delete;
  StopNode& operator=(const StopNode&) = delete;

 private:
  friend class StopState;
  // Atomic for the look that remove() takes without the lock. Of a relay that runs: the one that led to the state where it is
  // registered.
  std::atomic<StopNode*> next_{nullptr};
  union {
    StopNode* previous_ = nullptr; // while linked
    bool* removed_inside_;         // of a callback that runs: set by remove() when it is called from there
    StopState* registered_in_;     // of a relay that runs
  };
  union {
    Callback callback_; // until it runs
    Relay relay_;
    const void* runner_; // then: identity of the thread that runs it
  };
  // Only linked -> running and the unlinking happen under the lock; the rest is between the thread that runs the callback and
  // one that removes the node.
  enum Phase : std::uint32_t { idle, linked, running, running_awaited, finished };
  std::atomic<std::uint32_t> phase_{idle}; // a Phase; the kernel waits on it
  const bool relays_ = false;
};
static_assert(sizeof(StopNode) == 4 * sizeof(void*), "every task that waits has one");

/// The word behind tokens and sources. Threads: any, for every function.
class StopState {
 public:
  StopState() = default;
  StopState(const StopState&) = delete;
  StopState& operator=(const StopState&) = delete;

  [[nodiscard]] bool stop_requested() const noexcept;

  /// Marks the state and runs every registered callback on this thread, newest first.
  /// \return false when stop had been requested before. The state must live until the call returns.
  bool request_stop() noexcept;

  /// \return false, and registers nothing, when stop was requested already. After true, remove() must follow.
  [[nodiscard]] bool add(StopNode& node) noexcept;
  /// After the call the callback is not running and will not run. Waits for one that runs on another thread; called from
  /// inside the callback itself it returns at once. Cost when it never ran: O(1).
  void remove(StopNode& node) noexcept;

  /// Makes this state an alias of `other`, which must outlive it. Only before anybody else can see this state.
  void forward_to(StopState& other) noexcept;
  [[nodiscard]] StopState& target() noexcept;

 private:
  static constexpr std::uintptr_t locked_bit = 1;
  static constexpr std::uintptr_t stopped_bit = 2;
  static constexpr std::uintptr_t forward_bit = 4;
  static constexpr std::uintptr_t pointer_mask = ~std::uintptr_t{7};

  [[nodiscard]] bool add_among_others(StopNode& node) noexcept;
  void remove_among_others(StopNode& node) noexcept;
  static void finish(StopNode& node) noexcept;
  std::uintptr_t lock() noexcept;
  void unlock(std::uintptr_t word) noexcept;
  [[nodiscard]] const StopState& target() const noexcept { return const_cast<StopState*>(this)->target(); }

  // The newest node, with the three bits above. A locked word keeps its other bits.
  std::atomic<std::uintptr_t> word_{0};
};

inline StopState& StopState::target() noexcept {
  const std::uintptr_t word = word_.load(std::memory_order_relaxed);
  // A forward is set before the state is shared and never changes, so relaxed reads see it.
  return (word & forward_bit) != 0 ? *reinterpret_cast<StopState*>(word & pointer_mask) : *this;
}

inline void StopState::forward_to(StopState& other) noexcept {
  word_.store(reinterpret_cast<std::uintptr_t>(&other.target()) | forward_bit, std::memory_order_relaxed);
}

inline bool StopState::stop_requested() const noexcept {
  return (target().word_.load(std::memory_order_acquire) & stopped_bit) != 0;
}

// Most states have one node at a time, the wait of the one coroutine that goes with them: that takes one compare-exchange each way.

inline bool StopState::add(StopNode& node) noexcept {
  StopState& state = target();
  node.next_.store(nullptr, std::memory_order_relaxed);
  node.previous_ = nullptr;
  node.phase_.store(StopNode::linked, std::memory_order_relaxed);
  std::uintptr_t empty = 0;
  // release: pairs with the acquire of whoever locks the word and then reads the node.
  return state.word_.compare_exchange_strong(empty, reinterpret_cast<std::uintptr_t>(&node), std::memory_order_release,
                                             std::memory_order_relaxed) ||
         state.add_among_others(node);
}

inline void StopState::remove(StopNode& node) noexcept {
  StopState& state = target();
  // Nodes are added in front only, so one that is the last stays so; if it is the first as well, it is the only one.
  auto only = reinterpret_cast<std::uintptr_t>(&node);
  if (node.next_.load(std::memory_order_relaxed) != nullptr ||
      !state.word_.compare_exchange_strong(only, 0, std::memory_order_acquire, std::memory_order_relaxed))
    state.remove_among_others(node);
}

/// Observes a stop state. One from a task is valid while that task lives; one from a StopSource as long as it is kept.
class StopToken {
 public:
  StopToken() = default;
  explicit StopToken(StopState& state) noexcept : state_{&state} {}

  /// False for a token that nobody can ever stop.
  [[nodiscard]] bool stop_possible() const noexcept { return state_ != nullptr; }
  [[nodiscard]] bool stop_requested() const noexcept { return state_ != nullptr && state_->stop_requested(); }

 private:
  friend class StopSource;
  template <class F>
  friend class StopCallback;

  std::shared_ptr<StopState> owner_;
  StopState* state_ = nullptr;
};

/// Owns a stop state of its own, shared with the tokens taken from it.
class StopSource {
 public:
  StopSource() : state_{std::make_shared<StopState>()} {}

  /// \return true for the call that made the request.
  bool request_stop() noexcept {
    const std::shared_ptr<StopState> kept = state_; // a callback may destroy this source and the last token
    return kept->request_stop();
  }
  [[nodiscard]] bool stop_requested() const noexcept { return state_->stop_requested(); }
  [[nodiscard]] StopToken token() const noexcept {
    StopToken token{*state_};
    token.owner_ = state_;
    return token;
  }

 private:
  std::shared_ptr<StopState> state_;
};

/// Runs `callback` once when stop is requested: at once and here if it was already, else on the thread that requests it.
/// The destructor waits for a callback that is running on another thread. The callback must not throw, nor resume a coroutine
/// on its own stack.
template <class F>
class StopCallback : private StopNode {
  static_assert(std::is_nothrow_invocable_v<F&>, "a stop callback must be noexcept");

 public:
  StopCallback(StopToken token, F callback)
      : StopNode{[](StopNode& node) noexcept { static_cast<StopCallback&>(node).callback_(); }},
        token_{std::move(token)},
        callback_{std::move(callback)} {
    if (!token_.stop_possible()) return;
    registered_ = token_.state_->add(*this);
    if (!registered_) callback_();
  }
  ~StopCallback() {
    if (registered_) token_.state_->remove(*this);
  }

 private:
  StopToken token_;
  F callback_;
  bool registered_ = false;
};

} // namespace flowcoro
