#pragma once
/// Objects that are expensive to make, and used again.
#include "flowcoro/base/assert.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace flowcoro {

template <class T>
struct ObjectPoolOptions {
  /// Makes an object when no idle one is there; never nullptr. Default: T{}.
  std::function<std::unique_ptr<T>()> make = {};
  /// Called with each object that comes back, before anybody else gets it. When it throws, that object is destroyed instead, and
  /// counted as dropped. Default: nothing.
  std::function<void(T&)> reset = {};
  /// Idle objects that are kept; more are destroyed as they come back.
  std::size_t max_idle = std::numeric_limits<std::size_t>::max();
};

/// Exact while nobody is in a call.
struct ObjectPoolStats {
  std::uint64_t hits = 0;    ///< acquired objects that had been used before, or prepared
  std::uint64_t misses = 0;  ///< acquired objects that were made then
  std::uint64_t dropped = 0; ///< objects that came back and were destroyed
  std::size_t in_use = 0;
  std::size_t idle = 0;

  [[nodiscard]] double hit_ratio() const noexcept {
    return hits + misses == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(hits + misses);
  }
};

/// Lends objects out; a handle brings its object back. The handles keep what they need of the pool, so they may outlive it: their
/// objects are destroyed then. Threads: any. Neither make nor reset is called under a lock.
template <class T>
class ObjectPool {
  struct Shared;

 public:
  /// Has one object of the pool; its destructor brings that back. Move-only.
  class [[nodiscard]] Handle {
   public:
    Handle() = default;
    Handle(Handle&& other) noexcept = default;
    Handle& operator=(Handle&& other) noexcept {
      if (this != &other) {
        release();
        object_ = std::move(other.object_);
        pool_ = std::move(other.pool_);
      }
      return *this;
    }
    ~Handle() { release(); }

    /// Early; no effect when it has nothing.
    void release() noexcept {
      if (object_ != nullptr) Shared::give_back(std::exchange(pool_, nullptr), std::move(object_));
    }
    /// Takes the object away from the pool for good.
    [[nodiscard]] std::unique_ptr<T> take() && noexcept {
      if (object_ != nullptr) std::exchange(pool_, nullptr)->forget();
      return std::move(object_);
    }

    explicit operator bool() const noexcept { return object_ != nullptr; }
    [[nodiscard]] T* get() const noexcept { return object_.get(); }
    [[nodiscard]] T& operator*() const noexcept { return *object_; }
    [[nodiscard]] T* operator->() const noexcept { return object_.get(); }

   private:
    friend class ObjectPool;
    Handle(std::shared_ptr<Shared> pool, std::unique_ptr<T> object) noexcept
        : pool_{std::move(pool)}, object_{std::move(object)} {}

    std::shared_ptr<Shared> pool_;
    std::unique_ptr<T> object_;
  };

  ObjectPool()
    requires std::default_initializable<T>
      : ObjectPool{ObjectPoolOptions<T>{}} {}
  /// Without options.make, T must be default-constructible.
  explicit ObjectPool(ObjectPoolOptions<T> options) : shared_{std::make_shared<Shared>(std::move(options))} {}
  ObjectPool(const ObjectPool&) = delete;
  ObjectPool& operator=(const ObjectPool&) = delete;
  /// Destroys the idle objects; those in use go when their handles do.
  ~ObjectPool() { shared_->close(); }

  /// The object that came back last, or a new one. Throws what making one throws; then nothing is in use.
  [[nodiscard]] Handle acquire() {
    if (std::unique_ptr<T> idle = shared_->take_idle()) return Handle{shared_, std::move(idle)};
    std::unique_ptr<T> made = shared_->make();
    shared_->count_made();
    return Handle{shared_, std::move(made)};
  }
  /// An idle object, or nothing.
  [[nodiscard]] std::optional<Handle> try_acquire() noexcept {
    if (std::unique_ptr<T> idle = shared_->take_idle()) return Handle{shared_, std::move(idle)};
    return std::nullopt;
  }
  /// The same by other names: an object without a handle, to be brought back by release().
  [[nodiscard]] std::unique_ptr<T> acquire_object() {
    Handle handle = acquire();
    handle.pool_ = nullptr;
    return std::move(handle.object_);
  }
  void release(std::unique_ptr<T> object) noexcept {
    if (object != nullptr) Shared::give_back(shared_, std::move(object));
  }

  /// Makes objects until `count` are idle, but not more than max_idle. Throws what making one throws; those made before stay.
  void prepare(std::size_t count) {
    while (shared_->wants(count)) shared_->put(shared_->make());
  }
  /// Destroys the idle objects. \return how many.
  std::size_t clear() noexcept { return shared_->clear(); }

  [[nodiscard]] ObjectPoolStats stats() const noexcept { return shared_->stats(); }

 private:
  std::shared_ptr<Shared> shared_;
};

template <class T>
struct ObjectPool<T>::Shared {
  explicit Shared(ObjectPoolOptions<T> options) : options_{std::move(options)} {
    if constexpr (std::default_initializable<T>) {
      if (!options_.make) options_.make = [] { return std::make_unique<T>(); };
    }
  }

  [[nodiscard]] std::unique_ptr<T> make() {
    std::unique_ptr<T> made = options_.make();
    FLOWCORO_ASSERT(made != nullptr, "the make of an ObjectPool made nothing");
    return made;
  }
  void count_made() {
    const std::lock_guard hold{lock_};
    make_room();
    ++stats_.misses;
    ++stats_.in_use;
  }
  [[nodiscard]] std::unique_ptr<T> take_idle() noexcept {
    const std::lock_guard hold{lock_};
    if (idle_.empty()) return nullptr;
    std::unique_ptr<T> object = std::move(idle_.back());
    idle_.pop_back();
    ++stats_.hits;
    ++stats_.in_use;
    return object;
  }
  static void give_back(const std::shared_ptr<Shared>& pool, std::unique_ptr<T> object) noexcept {
    bool good = true;
    if (pool->options_.reset) {
      try {
        pool->options_.reset(*object);
      } catch (...) {
        good = false; // counted below
      }
    }
    const std::lock_guard hold{pool->lock_};
    --pool->stats_.in_use;
    if (good && !pool->closed_ && pool->idle_.size() < pool->options_.max_idle)
      pool->idle_.push_back(std::move(object)); // within the capacity
    else
      ++pool->stats_.dropped;
  }
  void forget() noexcept {
    const std::lock_guard hold{lock_};
    --stats_.in_use;
  }
  [[nodiscard]] bool wants(std::size_t count) const noexcept {
    const std::lock_guard hold{lock_};
    return idle_.size() < std::min(count, options_.max_idle);
  }
  void put(std::unique_ptr<T> object) {
    const std::lock_guard hold{lock_};
    if (idle_.size() >= options_.max_idle) return; // others brought theirs meanwhile
    make_room();
    idle_.push_back(std::move(object));
  }
  std::size_t clear() noexcept {
    for (std::size_t destroyed = 0;; ++destroyed) {
      std::unique_ptr<T> object;
      {
        const std::lock_guard hold{lock_};
        if (idle_.empty()) return destroyed;
        object = std::move(idle_.back());
        idle_.pop_back();
      }
    }
  }
  void close() noexcept {
    {
      const std::lock_guard hold{lock_};
      closed_ = true;
    }
    clear();
  }
  [[nodiscard]] ObjectPoolStats stats() const noexcept {
    const std::lock_guard hold{lock_};
    ObjectPoolStats stats = stats_;
    stats.idle = idle_.size();
    return stats;
  }

 private:
  /// For one more object, so that bringing it back allocates nothing.
  void make_room() {
    const std::size_t objects = stats_.in_use + idle_.size() + 1;
    if (objects > idle_.capacity()) idle_.reserve(2 * objects);
  }

  ObjectPoolOptions<T> options_;
  mutable std::mutex lock_; // guards all below
  std::vector<std::unique_ptr<T>> idle_;
  ObjectPoolStats stats_;
  bool closed_ = false;
};

} // namespace flowcoro
