#pragma once
/// The kernel's wait queue for a 32-bit word.
/// Not std::atomic::wait or std::counting_semaphore: the C++ libraries of supported systems lose wake-ups in them.
#include "flowcoro/base/time.hpp"

#include <atomic>
#include <cstdint>

namespace flowcoro {

/// Sleeps while `word` holds `expected`, until a wake or `deadline`; may return early for no reason.
/// \return false when the deadline passed.
bool futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                SteadyTime deadline = no_deadline) noexcept;

/// Wakes at most one, or every, sleeper on `word`. The address is only a name for the kernel: the word may be gone already.
void futex_wake_one(const std::atomic<std::uint32_t>* word) noexcept;
void futex_wake_all(const std::atomic<std::uint32_t>* word) noexcept;

} // namespace flowcoro
