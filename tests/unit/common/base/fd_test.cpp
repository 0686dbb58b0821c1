#include "common/base/fd.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

using evd::base::Fd;

namespace {

bool isOpen(int fd) {
    return ::fcntl(fd, F_GETFD) >= 0;
}
Fd openNull() {
    return Fd(::open("/dev/null", O_RDWR | O_CLOEXEC));
}

}  // namespace

TEST_CASE("fd: none is not valid and closing it is harmless") {
    Fd fd;
    CHECK_FALSE(fd.valid());
    CHECK(fd.get() == -1);
    fd.reset();
    CHECK(fd.release() == -1);
}

TEST_CASE("fd: is closed by its owner's end") {
    int number = -1;
    {
        const Fd fd = openNull();
        number = fd.get();
        REQUIRE(isOpen(number));
    }
    CHECK_FALSE(isOpen(number));
}

TEST_CASE("fd: moving leaves nothing behind and closes what was there") {
    Fd first = openNull();
    Fd second = openNull();
    const int first_number = first.get();
    const int second_number = second.get();
    second = std::move(first);
    CHECK(second.get() == first_number);
    CHECK_FALSE(isOpen(second_number));
    Fd third(std::move(second));
    CHECK(third.get() == first_number);
    CHECK(isOpen(first_number));
}

TEST_CASE("fd: moving onto itself keeps the descriptor") {
    Fd fd = openNull();
    Fd& same = fd;
    const int number = fd.get();
    fd = std::move(same);
    CHECK(fd.get() == number);
    CHECK(isOpen(number));
}

TEST_CASE("fd: a released descriptor stays open and belongs to the caller") {
    Fd fd = openNull();
    const Fd taken(fd.release());
    CHECK_FALSE(fd.valid());
    CHECK(isOpen(taken.get()));
}

TEST_CASE(
    "fd: a duplicate is another number for the same file, closed on exec, clear of the standard "
    "ones") {
    const Fd fd = openNull();
    const auto copy = fd.duplicate();
    REQUIRE(copy.ok());
    CHECK(copy.value().get() != fd.get());
    CHECK(copy.value().get() > STDERR_FILENO);
    CHECK((::fcntl(copy.value().get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("fd: none cannot be duplicated") {
    const auto copy = Fd().duplicate();
    REQUIRE_FALSE(copy.ok());
    CHECK(copy.error().kind == evd::base::ErrorKind::Io);
}
