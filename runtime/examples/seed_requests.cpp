// A batch of requests: all are made first, and then awaited.
#include <flowcoro.hpp>

#include <iostream>
#include <string>
#include <vector>

using namespace flowcoro;

struct Request {
  int id;
};
struct Response {
  std::string text;
};

Task<Response> handle_request(const Request& req) {
  const int id = req.id;
  co_await yield();
  co_return Response{"response " + std::to_string(id)};
}
void process_response(const Response& response) { std::cout << response.text << std::endl; }

const std::vector<Request> requests = {{1}, {2}, {3}};

Task<void> process_requests() {
  std::vector<Task<Response>> tasks;

  for (const auto& req : requests) {
    tasks.push_back(handle_request(req));
  }

  for (auto& task : tasks) {
    auto response = co_await task;
    process_response(response);
  }
}

int main() { sync_wait(process_requests()); }
