/// Several things at once, with their results in the order of the arguments; and with each one's own ending.
#include <flowcoro.hpp>

#include <chrono>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

flowcoro::Lazy<std::string> fetch(std::string what, std::chrono::milliseconds time) {
  co_await flowcoro::sleep_for(time);
  co_return what;
}

flowcoro::Lazy<int> parse(std::string text) {
  if (text.empty()) throw std::invalid_argument{"nothing to parse"};
  co_return std::stoi(text);
}

flowcoro::Lazy<> run() {
  // Different types: a tuple comes out. Both wait at the same time.
  auto both = flowcoro::when_all(fetch("page", 20ms), parse("42"));
  auto [page, number] = co_await both;
  std::cout << page << ' ' << number << '\n';

  // Any number of one type: a vector comes out. The first exception would be thrown here; with
  // when_all_settled each task gives its own outcome instead.
  std::vector<flowcoro::Lazy<int>> parsers;
  for (const char* text : {"1", "", "3"}) parsers.push_back(parse(text));
  auto settled = flowcoro::when_all_settled(std::move(parsers));
  const auto outcomes = co_await settled;
  for (const auto& outcome : outcomes) std::cout << (outcome ? "a number" : "an error") << '\n';
}

int main() { flowcoro::sync_wait(run()); }
