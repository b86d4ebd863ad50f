#pragma once
/// Cooperative stop: a request that is made once, and callbacks that run once because of it.
/// The model is std::stop_token; the state is one word, so that every task carries its own without an allocation.
#include "flowcoro/base/atomics.hpp"
#include "flowcoro/coro/errors.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

namespace flowcoro {

template <class Atomics>
class BasicStopState;

namespace detail {
struct StopAccess;
template <class T>
[[nodiscard]] std::uintptr_t to_bits(T* pointer) noexcept {
  return reinterpret_cast<std::uintptr_t>(pointer);
}
template <class Pointer>
[[nodiscard]] Pointer from_bits(std::uintptr_t bits) noexcept {
  return reinterpret_cast<Pointer>(bits);
}
} // namespace detail

/// A registered callback. Base of awaiters that must end when stop is requested; users take StopCallback.
template <class Atomics = StdAtomics>
class alignas(8) BasicStopNode {
 public:
  /// Must not resume a coroutine on its own stack: whoever asks for the stop may hold what that coroutine would destroy. Post it.
  using Callback = void (*)(BasicStopNode&) noexcept;
  /// \return a state that is to be stopped as well, and that lives until remove() has returned. Passing a request on like this
  /// uses no stack, however long the chain of states is.
  using Relay = BasicStopState<Atomics>* (*)(BasicStopNode&) noexcept;
  explicit BasicStopNode(Callback callback) noexcept : BasicStopNode{detail::to_bits(callback), 0} {}
  explicit BasicStopNode(Relay relay) noexcept : BasicStopNode{detail::to_bits(relay), relay_bit} {}
  BasicStopNode(const BasicStopNode&) = delete;
  BasicStopNode& operator=(const BasicStopNode&) = delete;

 private:
  friend class BasicStopState<Atomics>;
  template <class T>
  using Atomic = typename Atomics::template Atomic<T>;

  /// The bits of one of several pointers, at different times.
  using Pointer = typename Atomics::template Plain<std::uintptr_t>;
  using Word = typename Atomics::template Plain<std::uint32_t>;

  // Only linked -> running and the unlinking happen under the lock; the rest is between the thread that runs the callback and
  // one that removes the node.
  enum Phase : std::uint32_t { idle, linked, running, running_awaited, finished };
  static constexpr std::uint32_t phase_mask = 7;
  static constexpr std::uint32_t relay_bit = 8;
  static constexpr int phase_word_has = 28; // bits of the address, above those

  BasicStopNode(std::uintptr_t call, std::uint32_t kind) noexcept
      : phase_{low_bits(call) | kind}, call_high_{high_bits(call)} {}

  [[nodiscard]] static std::uint32_t low_bits(std::uintptr_t address) noexcept {
    return static_cast<std::uint32_t>(address) << (32 - phase_word_has);
  }
  [[nodiscard]] static std::uint32_t high_bits(std::uintptr_t address) noexcept {
    return static_cast<std::uint32_t>(address >> phase_word_has);
  }
  [[nodiscard]] static std::uint32_t phase_of(std::uint32_t word) noexcept { return word & phase_mask; }
  [[nodiscard]] static std::uint32_t with_phase(std::uint32_t word, Phase phase) noexcept {
    return (word & ~phase_mask) | phase;
  }
  [[nodiscard]] static bool relays(std::uint32_t word) noexcept { return (word & relay_bit) != 0; }
  /// What has its low bits in `word`, which is or was the value of phase_.
  [[nodiscard]] std::uintptr_t address(std::uint32_t word) const noexcept {
    return (std::uintptr_t{static_cast<std::uint32_t>(call_high_)} << phase_word_has) | (word >> (32 - phase_word_has));
  }
  /// While one thread has the node.
  [[nodiscard]] std::uint32_t word() const noexcept { return phase_.load(std::memory_order_relaxed); }
  void set_phase(Phase phase) noexcept { phase_.store(with_phase(word(), phase), std::memory_order_relaxed); }
  void run_by(const void* thread) noexcept {
    call_high_ = high_bits(detail::to_bits(thread));
    phase_.store(low_bits(detail::to_bits(thread)) | (word() & relay_bit) | running, std::memory_order_relaxed);
  }

  // Atomic for the look that remove() takes without the lock. Of a relay that runs: the one that led to the state where it is
  // registered.
  Atomic<BasicStopNode*> next_{nullptr};
  // While linked, the previous node. Of a callback that runs, a bool: set by remove() when it is called from there. Of a relay
  // that runs, the state where it is registered.
  Pointer link_{0};
  // The Callback or Relay until it runs, then the identity of the thread that runs it: an address of up to 60 bits, whose low ones
  // fill up the word with the Phase, on which the kernel waits. They do not change while it does.
  Atomic<std::uint32_t> phase_;
  Word call_high_;
};
using StopNode = BasicStopNode<>;
static_assert(sizeof(StopNode) == 3 * sizeof(void*), "every task that waits has one");

/// The word behind tokens and sources. Threads: any, for every function.
template <class Atomics = StdAtomics>
class BasicStopState {
 public:
  using Node = BasicStopNode<Atomics>;

  BasicStopState() = default;
  BasicStopState(const BasicStopState&) = delete;
  BasicStopState& operator=(const BasicStopState&) = delete;

  [[nodiscard]] bool stop_requested() const noexcept {
    return (target().word_.load(std::memory_order_acquire) & stopped_bit) != 0;
  }

  /// Marks the state and runs every registered callback on this thread, newest first.
  /// \return false when stop had been requested before. The state must live until the call returns.
  bool request_stop() noexcept;

  // Most states have one node at a time, the wait of the one coroutine that goes with them: that takes one compare-exchange each
  // way.

  /// \return false, and registers nothing, when stop was requested already. After true, remove() must follow.
  [[nodiscard]] bool add(Node& node) noexcept {
    BasicStopState& state = target();
    node.next_.store(nullptr, std::memory_order_relaxed);
    node.link_ = 0;
    node.set_phase(Node::linked);
    std::uintptr_t empty = 0;
    // release: pairs with the acquire of whoever locks the word and then reads the node.
    return state.word_.compare_exchange_strong(empty, detail::to_bits(&node), std::memory_order_release,
                                               std::memory_order_relaxed) ||
           state.add_among_others(node);
  }
  /// After the call the callback is not running and will not run. Waits for one that runs on another thread; called from
  /// inside the callback itself it returns at once. Cost when it never ran: O(1).
  void remove(Node& node) noexcept {
    BasicStopState& state = target();
    // Nodes are added in front only, so one that is the last stays so; if it is the first as well, it is the only one.
    std::uintptr_t only = detail::to_bits(&node);
    if (node.next_.load(std::memory_order_relaxed) != nullptr ||
        !state.word_.compare_exchange_strong(only, 0, std::memory_order_acquire, std::memory_order_relaxed))
      state.remove_among_others(node);
  }

  /// Makes this state an alias of `other`, which must outlive it. Only before anybody else can see this state.
  void forward_to(BasicStopState& other) noexcept {
    word_.store(detail::to_bits(&other.target()) | forward_bit, std::memory_order_relaxed);
  }
  [[nodiscard]] BasicStopState& target() noexcept {
    const std::uintptr_t word = word_.load(std::memory_order_relaxed);
    // A forward is set before the state is shared and never changes, so relaxed reads see it.
    return (word & forward_bit) != 0 ? *detail::from_bits<BasicStopState*>(word & pointer_mask) : *this;
  }

 private:
  static constexpr std::uintptr_t locked_bit = 1;
  static constexpr std::uintptr_t stopped_bit = 2;
  static constexpr std::uintptr_t forward_bit = 4;
  static constexpr std::uintptr_t pointer_mask = ~std::uintptr_t{7};

  [[nodiscard]] bool add_among_others(Node& node) noexcept;
  void remove_among_others(Node& node) noexcept;
  static void finish(Node& node) noexcept;
  std::uintptr_t lock() noexcept;
  void unlock(std::uintptr_t word) noexcept;
  [[nodiscard]] const BasicStopState& target() const noexcept { return const_cast<BasicStopState*>(this)->target(); }

  // The newest node, with the three bits above. A locked word keeps its other bits.
  typename Atomics::template Atomic<std::uintptr_t> word_{0};
};
using StopState = BasicStopState<>;
extern template class BasicStopState<StdAtomics>; // in src/coro/stop.cpp

/// Observes a stop state. One from a task is valid while that task lives; one from a StopSource as long as it is kept.
class StopToken {
 public:
  StopToken() = default;
  explicit StopToken(StopState& state) noexcept : state_{&state} {}
  /// A token that nobody can ever stop, as a default one is.
  [[nodiscard]] static StopToken none() noexcept { return {}; }

  /// False for a token that nobody can ever stop.
  [[nodiscard]] bool stop_possible() const noexcept { return state_ != nullptr; }
  [[nodiscard]] bool stop_requested() const noexcept { return state_ != nullptr && state_->stop_requested(); }
  /// Throws OperationCancelled: a point in a long computation where it may end.
  void throw_if_stop_requested() const {
    if (stop_requested()) throw OperationCancelled{};
  }

 private:
  friend class StopSource;
  friend struct detail::StopAccess;
  template <class F>
  friend class StopCallback;

  std::shared_ptr<StopState> owner_;
  StopState* state_ = nullptr;
};

namespace detail {
/// The library's own access to what is behind a token.
struct StopAccess {
  /// nullptr for one that nobody can ever stop.
  [[nodiscard]] static StopState* state(const StopToken& token) noexcept { return token.state_; }
  /// The same token, which keeps `owner` alive, and with that what it stands for. Not for one that nobody can ever stop.
  template <class Owner>
  [[nodiscard]] static StopToken kept_by(const std::shared_ptr<Owner>& owner, const StopToken& token) noexcept {
    StopToken keeping{*token.state_};
    keeping.owner_ = std::shared_ptr<StopState>{owner, token.state_};
    return keeping;
  }
};
} // namespace detail

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

namespace detail {
/// A callback that passes a request on. It keeps the state of its source alive while it does.
struct RequestStop {
  StopSource source;
  void operator()() noexcept { source.request_stop(); }
};
} // namespace detail

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
