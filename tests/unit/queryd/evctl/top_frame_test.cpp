#include "queryd/evctl/top_frame.h"

#include <doctest/doctest.h>
#include <algorithm>

using evd::evctl::TopState;
using evd::evctl::TopStyle;

namespace {

TopState state() {
    TopState made;
    made.now_ns = int64_t{1'767'355'200} * 1'000'000'000;
    made.types = {{"process.exec", 12.5}, {"bad\x1b[2J", 1}};
    made.origins = {{"sshd", 2}};
    made.events_per_second = 13.5;
    made.lines_per_second = 2;
    made.event_history = {0, 6, 13.5};
    made.line_history = {2};
    evd::queryd::GroupStatus status;
    evd::wire::ProcessStatus collector;
    collector.name = "eventd-collector";
    collector.state = "running";
    collector.pid = 7;
    collector.memory_bytes = 2 << 20;
    collector.measures = {{"ring.0.fill_percent", 60},
                          {"ring.0.lag_bytes", 2048},
                          {"ring.0.events", 100},
                          {"shard.0.rows", 5000},
                          {"logs.wal_bytes", 1024}};
    status.processes = {collector};
    status.slowest = {{"EVENTS \x1b[2J", 1500, true}, {"LOGS\nCOUNT", 20, false}};
    made.status = status;
    return made;
}

TopStyle plain() {
    TopStyle style;
    style.columns = 60;
    style.unicode = false;
    style.utc = true;
    return style;
}

}  // namespace

TEST_CASE("top: the picture, line by line") {
    CHECK(evd::evctl::topFrame(state(), plain()) ==
          R"(eventd  2026-01-02 12:00:00  1 processes in 2.0 MiB  querie…
events      13.5/s  _=@
logs           2/s  @

event type, per second         origin, per second
process.ex…     12.5 #######   sshd               2 #######
bad\x1b[2J         1 #

ring  fill          lag      events  gaps  lost
0     ######  60 %  2.0 KiB  100     0     0

store     rows  file  WAL      commit p50  p99   failed
events 0  5k    0 B   0 B      0 ms        0 ms  0
logs      0     0 B   1.0 KiB  0 ms        0 ms  0

slowest questions
    1.5 s  now  EVENTS \x1b[2J
   0.02 s       LOGS\nCOUNT

process           state    pid  restarts  memory   last end
eventd-collector  running  7    0         2.0 MiB  -
)");
}

TEST_CASE("top: it fits the screen, and says what it may not show") {
    TopStyle style = plain();
    style.rows = 4;
    const std::string frame = evd::evctl::topFrame(state(), style);
    CHECK(std::count(frame.begin(), frame.end(), '\n') == 4);
    TopState unseen = state();
    unseen.status.reset();
    CHECK(evd::evctl::topFrame(unseen, plain()).find("administrators") != std::string::npos);
    CHECK(evd::evctl::topFrame({}, plain()).find("nothing came in") != std::string::npos);
}

TEST_CASE("top: a ring that fills up has the colour of a warning") {
    TopStyle style = plain();
    style.color = true;
    CHECK(evd::evctl::topFrame(state(), style).find("\x1b[33m0 ") != std::string::npos);
}
