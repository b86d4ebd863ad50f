#pragma once
/// safe_coroutine_handle and advanced_coroutine_handle: a coroutine with one owner, and one with many.
#include "flowcoro/coro/frame_owner.hpp"
#include "flowcoro/coro/shared_frame.hpp"

namespace flowcoro {

/// One owner; destroyed once.
template <class Promise = void>
using safe_coroutine_handle = FrameOwner<Promise>;

/// Any number of owners; queued once at a time.
template <class Promise = void>
using advanced_coroutine_handle = SharedFrame<Promise>;

} // namespace flowcoro
