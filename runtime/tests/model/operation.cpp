#include "model/operation.hpp"

namespace flowcoro::model {

std::string_view name_of(Operation operation) noexcept {
  switch (operation) {
    case Operation::load: return "load";
    case Operation::store: return "store";
    case Operation::exchange: return "exchange";
    case Operation::compare_exchange_weak: return "compare_exchange_weak";
    case Operation::compare_exchange_strong: return "compare_exchange_strong";
    case Operation::fetch_add: return "fetch_add";
    case Operation::fetch_sub: return "fetch_sub";
    case Operation::fetch_or: return "fetch_or";
    case Operation::fetch_and: return "fetch_and";
  }
  return "";
}

std::string_view name_of(std::memory_order order) noexcept {
  switch (order) {
    case std::memory_order_relaxed: return "relaxed";
    case std::memory_order_consume: return "consume";
    case std::memory_order_acquire: return "acquire";
    case std::memory_order_release: return "release";
    case std::memory_order_acq_rel: return "acq_rel";
    case std::memory_order_seq_cst: return "seq_cst";
  }
  return "";
}

} // namespace flowcoro::model
