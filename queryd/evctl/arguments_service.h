#pragma once

#include "common/base/result.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace evd::evctl {

// What the person typed, checked for shape (contracts §7).
struct Arguments {
    std::string command = "query";   // one of commandSpecs(), or kShellCommand
    std::vector<std::string> words;  // what follows the command
    std::string socket;
    std::string rpc;
    std::string state;
    std::vector<std::string> registry;
    std::string format;  // "" when not given
    std::string time;
    std::string color = "auto";
    std::string file;
    uint64_t timeout_ms = 0;
    uint32_t lines = 10;
    bool lines_given = false;
    std::string since;                // as typed, then in words of the language; "" when not given
    std::string until;                // likewise
    std::string svg;                  // a file; "" when not given
    std::string type = "gauge";       // metric
    std::vector<std::string> labels;  // metric: KEY=VALUE
    std::string to = "jsonl";         // export: a format
    std::string into;                 // export: a file; "" for standard output
    std::string resume;               // export: the file that keeps its place; "" when not given
    std::string from;                 // import: a format; "" to be told from the content
    std::string origin;               // run; "" when not given
    std::string user;                 // sd check; "" for who is named by the words, or oneself
    std::string kind;                 // sd show and check; "" for events, logs and metrics
    bool kernel = false;              // sd evaluate
    bool is_error = false;            // log
    bool quiet = false;               // run
    bool verbose = false;             // run
    bool utc = false;
    bool no_pager = false;
    bool watch = false;
    bool follow = false;
    bool wrap = false;
    bool plot = false;
    bool no_plot = false;
    bool heat = false;
    bool once = false;     // top
    bool dry_run = false;  // import
    bool strict = false;   // import
};

// What a person who types nothing on a terminal is given; no word that can be typed.
inline constexpr std::string_view kShellCommand = "(shell)";

// Reads a command line without the program's name. Options may stand anywhere; the first word that
// is no option is the command, and when it names none, the words are a query. What stands behind
// `--` is words, whatever it looks like. Nothing to do at all is a mistake, but on a terminal,
// where it is kShellCommand. Invalid, with one line for the person, when it makes no sense. CLI11
// speaks in exceptions; they end here.
base::Result<Arguments> parseArguments(std::span<const std::string> words,
                                       bool on_terminal = false);

// Whether a picture of the answer is asked for, and not only usual. Pure.
bool asksForDrawing(const Arguments& arguments);

// Whether a command has the words that it takes; Invalid with one line for the person. Pure.
base::Result<void> checkArguments(const Arguments& arguments);

}  // namespace evd::evctl
