#pragma once
// steady_timer on the pool's own executor type.

#include <boost/asio/steady_timer.hpp>

#include "join.hpp"

namespace asio_subject {

using Timer = boost::asio::steady_timer::rebind_executor<Executor>::other;

} // namespace asio_subject
