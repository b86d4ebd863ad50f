#include "model/fiber.hpp"

#include "flowcoro/base/assert.hpp"
#include "support/build.hpp"

#include <cstdint>
#include <utility>

#if FLOWCORO_TEST_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if FLOWCORO_TEST_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace flowcoro::model {

Fiber::Fiber() {
#if FLOWCORO_TEST_TSAN
  tsan_fiber_ = __tsan_get_current_fiber();
#endif
}

Fiber::Fiber(std::function<void()> body)
    : stack_{std::make_unique_for_overwrite<std::byte[]>(stack_bytes)},
      body_{std::move(body)},
      bottom_{stack_.get()},
      size_{stack_bytes} {
  prepare();
}

Fiber::~Fiber() {
  if (stack_ != nullptr) forget();
}

void Fiber::restart() {
  forget();
  prepare();
}

void Fiber::prepare() {
#if FLOWCORO_TEST_TSAN
  tsan_fiber_ = __tsan_create_fiber(0);
#endif
  FLOWCORO_ASSERT(getcontext(&context_) == 0, "getcontext failed");
  context_.uc_stack.ss_sp = stack_.get();
  context_.uc_stack.ss_size = stack_bytes;
  // makecontext passes ints only.
  const auto self = reinterpret_cast<std::uintptr_t>(this);
  makecontext(&context_, reinterpret_cast<void (*)()>(&Fiber::enter), 2, static_cast<unsigned>(self >> 32),
              static_cast<unsigned>(self));
}

void Fiber::forget() {
#if FLOWCORO_TEST_ASAN
  __asan_unpoison_memory_region(stack_.get(), stack_bytes);
#endif
#if FLOWCORO_TEST_TSAN
  __tsan_destroy_fiber(tsan_fiber_);
#endif
}

void Fiber::switch_over(Fiber& from, Fiber& to) {
  to.came_from_ = &from;
#if FLOWCORO_TEST_ASAN
  __sanitizer_start_switch_fiber(&from.fake_stack_, to.bottom_, to.size_);
#endif
#if FLOWCORO_TEST_TSAN
  __tsan_switch_to_fiber(to.tsan_fiber_, 0);
#endif
  swapcontext(&from.context_, &to.context_);
  from.arrived();
}

void Fiber::arrived() {
#if FLOWCORO_TEST_ASAN
  // The bounds of a thread's own stack are not known before somebody comes from it.
  __sanitizer_finish_switch_fiber(fake_stack_, &came_from_->bottom_, &came_from_->size_);
#endif
}

void Fiber::enter(unsigned high, unsigned low) {
  auto* self = reinterpret_cast<Fiber*>(std::uintptr_t{high} << 32 | low);
  self->arrived();
  self->body_();
  FLOWCORO_ASSERT(false, "the body of a fiber returned");
}

} // namespace flowcoro::model
