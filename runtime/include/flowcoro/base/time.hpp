#pragma once
/// Steady time in nanoseconds, and deadlines that saturate instead of overflowing.
#include <chrono>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace flowcoro {

using Nanoseconds = std::chrono::duration<std::int64_t, std::nano>;
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, Nanoseconds>;

/// A deadline that never passes.
inline constexpr SteadyTime no_deadline = SteadyTime::max();

[[nodiscard]] inline SteadyTime steady_now() noexcept {
  return std::chrono::time_point_cast<Nanoseconds>(std::chrono::steady_clock::now());
}

/// `duration` in nanoseconds, rounded up so that a wait is never shorter than asked; saturates at the range of int64.
/// A floating NaN counts as zero.
template <class Rep, class Period>
[[nodiscard]] constexpr Nanoseconds saturating_nanoseconds(std::chrono::duration<Rep, Period> duration) noexcept {
  using Limits = std::numeric_limits<std::int64_t>;
  if constexpr (std::is_floating_point_v<Rep>) {
    const long double ns = static_cast<long double>(duration.count()) * Period::num * 1'000'000'000.0L / Period::den;
    if (!(ns == ns)) return Nanoseconds{0};
    if (ns >= 9.2233720368547758e18L) return Nanoseconds{Limits::max()};
    if (ns <= -9.2233720368547758e18L) return Nanoseconds{Limits::min()};
    const auto whole = static_cast<std::int64_t>(ns);
    return Nanoseconds{static_cast<long double>(whole) < ns ? whole + 1 : whole};
  } else {
    __extension__ using Wide = __int128;
    constexpr Wide scale = static_cast<Wide>(Period::num) * 1'000'000'000;
    // Counts beyond this saturate for sure, and might overflow the product below.
    constexpr Wide most = (static_cast<Wide>(Limits::max()) + 1) * Period::den / scale + 1;
    const auto count = static_cast<Wide>(duration.count());
    if (count > most) return Nanoseconds{Limits::max()};
    if (count < -most) return Nanoseconds{Limits::min()};
    const Wide numerator = count * scale;
    Wide ns = numerator / Period::den;
    if (ns * Period::den < numerator) ++ns;
    if (ns > Limits::max()) return Nanoseconds{Limits::max()};
    if (ns < Limits::min()) return Nanoseconds{Limits::min()};
    return Nanoseconds{static_cast<std::int64_t>(ns)};
  }
}

/// `start + duration`, saturating.
template <class Rep, class Period>
[[nodiscard]] constexpr SteadyTime deadline_after(SteadyTime start,
                                                  std::chrono::duration<Rep, Period> duration) noexcept {
  const std::int64_t a = start.time_since_epoch().count();
  const std::int64_t b = saturating_nanoseconds(duration).count();
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return b > 0 ? SteadyTime::max() : SteadyTime::min();
  return SteadyTime{Nanoseconds{sum}};
}

} // namespace flowcoro
