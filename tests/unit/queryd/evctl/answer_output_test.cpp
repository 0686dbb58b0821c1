// The spool rule (contracts §7): nothing before the end is known, nothing at all when it is bad.

#include "queryd/evctl/answer_output.h"

#include "tests/support/fake_clock.h"
#include "tests/support/fake_query_engine.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/text_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <csignal>

using evd::evctl::AnswerOutput;
using evd::evctl::InitialOrder;
using evd::test::numberedRecord;

namespace {

// Standard output as a pipe that can be looked into.
struct Screen {
    Screen() {
        int ends[2];
        REQUIRE(::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
        reading.reset(ends[0]);
        writing.reset(ends[1]);
        stream = std::make_unique<evd::evctl::OutputStream>(writing.get());
        printer = evd::evctl::makeJsonlPrinter();
    }
    std::string shown() const {
        char bytes[65536];
        const ssize_t got = ::read(reading.get(), bytes, sizeof(bytes));
        return {bytes, got > 0 ? static_cast<size_t>(got) : 0};
    }

    evd::base::Fd reading;
    evd::base::Fd writing;
    std::unique_ptr<evd::evctl::OutputStream> stream;
    std::unique_ptr<evd::evctl::RecordPrinter> printer;
};

}  // namespace

TEST_CASE("output stream: what was written before an error is not written again") {
    const evd::test::TemporaryDirectory folder;
    const evd::base::Fd file(
        ::open((folder / "out").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto ignored = ::signal(SIGXFSZ, SIG_IGN);
    rlimit small = before;
    small.rlim_cur = 4;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    evd::evctl::OutputStream stream(file.get());
    stream.buffer() = "12345678";
    const auto failed = stream.flush();
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    (void)::signal(SIGXFSZ, ignored);
    CHECK(failed.error().kind == evd::base::ErrorKind::Io);
    CHECK(stream.buffer() == "5678");
    CHECK(stream.flush().ok());
    CHECK(evd::test::readTextFile(folder / "out") == "12345678");
}

TEST_CASE("answer output: nothing is shown before the answer is complete, then all of it") {
    Screen screen;
    AnswerOutput answer(*screen.printer, *screen.stream, "/tmp", InitialOrder::AsAnswered);
    for (int i = 0; i < 3; ++i) {
        REQUIRE(answer.record(numberedRecord(i)).ok());
        REQUIRE(answer.burstComplete().ok());
    }
    CHECK(screen.shown().empty());
    REQUIRE(answer.complete().ok());
    CHECK(screen.shown() == "{\"n\":0}\n{\"n\":1}\n{\"n\":2}\n");
}

TEST_CASE("answer output: an answer that ends badly shows nothing") {
    Screen screen;
    {
        AnswerOutput answer(*screen.printer, *screen.stream, "/tmp", InitialOrder::AsAnswered);
        for (int i = 0; i < 1000; ++i) {
            REQUIRE(answer.record(numberedRecord(i, 5000)).ok());
        }
    }
    CHECK(screen.shown().empty());
    CHECK(screen.stream->buffer().empty());
}

TEST_CASE("answer output: a tail shows its initial records newest last, then each burst at once") {
    Screen screen;
    AnswerOutput answer(*screen.printer, *screen.stream, "/tmp", InitialOrder::Reversed);
    REQUIRE(answer.record(numberedRecord(2)).ok());
    REQUIRE(answer.record(numberedRecord(1)).ok());
    CHECK(screen.shown().empty());
    REQUIRE(answer.initialComplete().ok());
    CHECK(screen.shown() == "{\"n\":1}\n{\"n\":2}\n");
    REQUIRE(answer.record(numberedRecord(3)).ok());
    CHECK(screen.shown().empty());
    REQUIRE(answer.burstComplete().ok());
    CHECK(screen.shown() == "{\"n\":3}\n");
}

TEST_CASE("answer output: a closed reader is told apart from a failure") {
    ::signal(SIGPIPE, SIG_IGN);
    Screen screen;
    screen.reading.reset();
    AnswerOutput answer(*screen.printer, *screen.stream, "/tmp", InitialOrder::AsAnswered);
    REQUIRE(answer.record(numberedRecord(1)).ok());
    CHECK_FALSE(answer.complete().ok());
    CHECK(screen.stream->closed());
}
