#include "flowcoro/coro/stop.hpp"

#include "flowcoro/coro/detail/stop_state.hpp"

template class flowcoro::BasicStopState<flowcoro::StdAtomics>;
