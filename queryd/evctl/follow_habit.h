#pragma once

#include <span>
#include <string>
#include <vector>

namespace evd::evctl {

// The command line with `-f` understood: `--follow` where it can mean nothing else, as it was typed
// where it names a format (contracts §7).
//
// `-f jsonl` has been ours from the beginning; `-f` alone is what people type who know tail and
// journalctl. It is theirs when no format could follow: at the end, before another option, before a
// command or a word of the query language, and before anything that is no plain word. A plain
// unknown word stays a format, and so an error. `-fn 50` is `-f -n 50`. Pure.
std::vector<std::string> withFollow(std::span<const std::string> words);

}  // namespace evd::evctl
