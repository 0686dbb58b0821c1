#include "store/writer_queue.h"

#include "store/mailbox.h"

#include <doctest/doctest.h>

namespace evd::store {
namespace {

struct Item {
    size_t row_count = 1;
    size_t byte_count = 1;

    size_t rows() const { return row_count; }
    size_t bytes() const { return byte_count; }
};

bool push(WriterQueue<Item>& queue, size_t rows, size_t bytes) {
    Item item{rows, bytes};
    return queue.tryPush(item);
}

TEST_CASE("writer queue: who was refused is told once, when half of the rows are gone") {
    WriterQueue<Item> queue(4, 1000);
    for (int times = 0; times < 4; ++times) {
        CHECK(push(queue, 1, 1));
    }
    CHECK_FALSE(queue.takeWishForRoom());  // nobody was refused
    CHECK_FALSE(push(queue, 1, 1));
    (void)queue.tryPop();
    CHECK_FALSE(queue.takeWishForRoom());  // three of four
    (void)queue.tryPop();
    CHECK(queue.takeWishForRoom());
    CHECK_FALSE(queue.takeWishForRoom());
}

TEST_CASE("writer queue: bytes count as rows do") {
    WriterQueue<Item> queue(100, 10);
    CHECK(push(queue, 1, 6));
    CHECK(push(queue, 1, 4));
    CHECK_FALSE(push(queue, 1, 1));
    (void)queue.tryPop();
    CHECK(queue.takeWishForRoom());  // four bytes of ten
}

TEST_CASE("writer queue: an item without rows takes the place of one") {
    WriterQueue<Item> queue(2, 1000);
    CHECK(push(queue, 0, 0));
    CHECK(push(queue, 0, 0));
    CHECK_FALSE(push(queue, 0, 0));
}

TEST_CASE("writer queue: more rows may wait once the limit is higher") {
    WriterQueue<Item> queue(1, 1000);
    CHECK(push(queue, 1, 1));
    CHECK_FALSE(push(queue, 1, 1));
    queue.setRowsMax(2);
    CHECK(queue.rowsMax() == 2);
    CHECK(queue.takeWishForRoom());  // one of two
    CHECK(push(queue, 1, 1));
}

TEST_CASE("mailbox: only the report in an empty box is one to wake the loop for") {
    Mailbox<int> mailbox;
    CHECK(mailbox.put(1));
    CHECK_FALSE(mailbox.put(2));
    CHECK(mailbox.takeAll() == std::vector{1, 2});
    CHECK(mailbox.takeAll().empty());
    CHECK(mailbox.put(3));
}

}  // namespace
}  // namespace evd::store
