#include "queryd/stream/commit_listener.h"

#include "common/base/bounded_queue.h"
#include "common/ipc/notice.h"

#include <doctest/doctest.h>
#include <memory>
#include <vector>

namespace evd::queryd {

namespace {

using Message = std::vector<uint8_t>;

// A bus that the test fills.
class FakeSubscriber final : public bus::Subscriber {
  public:
    explicit FakeSubscriber(base::BoundedQueue<Message>& messages) : messages_(messages) {}
    std::optional<Message> receive(std::chrono::milliseconds timeout) override {
        return messages_.pop(timeout);
    }

  private:
    base::BoundedQueue<Message>& messages_;
};

}  // namespace

TEST_CASE("commit listener: a notice bumps the signal, anything else is dropped and counted") {
    base::BoundedQueue<Message> messages(100, 1 << 20);
    queryd::CommitListener listener(std::make_unique<FakeSubscriber>(messages));
    wire::CommitNotice notice;
    notice.first_id = 1;
    notice.last_id = 2;
    messages.push({1, 2, 3}, 1, 3);
    messages.push(ipc::encodeCommitNotice(notice), 1, 1);
    const uint64_t seen = listener.signal().waitBeyond(0, 60'000);
    CHECK(seen == 1);
    CHECK(listener.noticeCount() == 1);
    CHECK(listener.droppedCount() == 1);
    messages.push(ipc::encodeCommitNotice(notice), 1, 1);
    CHECK(listener.signal().waitBeyond(seen, 60'000) == 2);
    messages.close();
}

}  // namespace evd::queryd
