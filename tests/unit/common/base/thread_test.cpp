#include "common/base/thread.h"

#include <doctest/doctest.h>
#include <pthread.h>
#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

using evd::base::Thread;

namespace {

std::string ownName() {
    std::array<char, 16> name{};
    pthread_getname_np(pthread_self(), name.data(), name.size());
    return name.data();
}

size_t ownStackBytes() {
    pthread_attr_t attributes;
    size_t bytes = 0;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstacksize(&attributes, &bytes);
    pthread_attr_destroy(&attributes);
    return bytes;
}

}  // namespace

TEST_CASE("thread: has run to its end when its owner lets go") {
    std::atomic<int> runs = 0;
    {
        std::vector<std::unique_ptr<Thread>> threads;
        for (int i = 0; i < 8; ++i) {
            threads.push_back(std::make_unique<Thread>("worker", [&] { ++runs; }));
        }
    }
    CHECK(runs == 8);
}

TEST_CASE("thread: may be joined early and more than once") {
    bool ran = false;
    Thread thread("worker", [&] { ran = true; });
    thread.join();
    CHECK(ran);
    thread.join();
}

TEST_CASE("thread: carries its name, cut to what the kernel shows") {
    std::string short_name;
    std::string long_name;
    Thread("drain 0", [&] { short_name = ownName(); }).join();
    Thread("a name of many letters", [&] { long_name = ownName(); }).join();
    CHECK(short_name == "drain 0");
    CHECK(long_name == "a name of many ");
}

TEST_CASE("thread: has the stack that was asked for") {
    size_t by_default = 0;
    size_t larger = 0;
    Thread("small", [&] { by_default = ownStackBytes(); }).join();
    Thread(
        "large", [&] { larger = ownStackBytes(); }, 4 * evd::base::kThreadStackBytes)
        .join();
    // A sanitizer may add to it.
    CHECK(by_default >= evd::base::kThreadStackBytes);
    CHECK(by_default < 4 * evd::base::kThreadStackBytes);
    CHECK(larger >= 4 * evd::base::kThreadStackBytes);
}
