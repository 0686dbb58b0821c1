#include "queryd/evctl/follow_habit.h"

#include <doctest/doctest.h>

using evd::evctl::withFollow;
using Words = std::vector<std::string>;

TEST_CASE("follow: -f is a format where a format follows, right or wrong") {
    CHECK(withFollow(Words{"-f", "jsonl", "EVENTS"}) == Words{"-f", "jsonl", "EVENTS"});
    CHECK(withFollow(Words{"EVENTS", "-f", "xml"}) == Words{"EVENTS", "-f", "xml"});
    CHECK(withFollow(Words{"-f", "pretty", "logs"}) == Words{"-f", "pretty", "logs"});
}

TEST_CASE("follow: -f is the habit of tail and journalctl where no format could follow") {
    CHECK(withFollow(Words{"logs", "-f"}) == Words{"logs", "--follow"});
    CHECK(withFollow(Words{"-f"}) == Words{"--follow"});
    CHECK(withFollow(Words{"-f", "-n", "5"}) == Words{"--follow", "-n", "5"});
    CHECK(withFollow(Words{"tail", "-f", "logs"}) == Words{"tail", "--follow", "logs"});
    CHECK(withFollow(Words{"-f", "LOGS FROM sshd"}) == Words{"--follow", "LOGS FROM sshd"});
    CHECK(withFollow(Words{"-f", "process.*"}) == Words{"--follow", "process.*"});
    CHECK(withFollow(Words{"-f", "tail"}) == Words{"--follow", "tail"});
    CHECK(withFollow(Words{"-fn", "50"}) == Words{"--follow", "-n", "50"});
    CHECK(withFollow(Words{"-fn50"}) == Words{"--follow", "-n50"});
}

TEST_CASE("follow: what stands behind -- is somebody else's") {
    CHECK(withFollow(Words{"run", "--", "tail", "-f"}) == Words{"run", "--", "tail", "-f"});
}
