#pragma once

#include "tests/bench/figures.h"
#include "tests/bench/question_data.h"

#include <string>
#include <string_view>
#include <vector>

namespace evd::bench {

// What stands beside our figures: the same in plain SQL, or the same engine that asks nobody what
// the caller may see.
enum class Beside { PlainSql, NoAccessControl };

struct QuestionBench {
    uint64_t rows = kQuestionRowsDefault;
    std::string_view word = {};  // only questions whose text contains it
    std::string folder = {};     // kept; empty: a temporary one
    int runs = 8;
    bool judged = false;  // asked by one who may not see everything
    Beside beside = Beside::PlainSql;
};

// How long questions take over that data, asked of the engine in this process: no transport, warm
// cache, two reader threads. Beside each the same in plain SQL, on one thread of one connection,
// where SQL can say it; payload fields through msgpack_extract. And beside some what journalctl
// takes for the same records (journal_peer.h).
//
// Of several runs the quickest counts, in processor time as well, which other programs on the
// machine disturb less. Half of ours is what it takes where both processors are free and a scan is
// shared; the plain statement's is what it takes.
std::vector<Figure> measureQuestions(const QuestionBench& bench);

// All of them, for the group's table.
void benchQuery(std::vector<Figure>& figures);
// All of them with access control and without, for a caller who may see everything.
void benchAccess(std::vector<Figure>& figures);

}  // namespace evd::bench
