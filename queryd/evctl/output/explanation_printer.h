#pragma once

#include "queryd/evctl/output/record_printer.h"

#include <memory>

namespace evd::evctl {

// How a question was answered, as one page for a person: the plan, a table of what was read, and
// the whole.
//
// Takes the records of an explanation (docs/rpc.md) and prints at the end. Holds a row per step and
// database, of which the server sends at most a few thousand; a record that is none of an
// explanation is passed over. One thread.
std::unique_ptr<RecordPrinter> makeExplanationPrinter();

}  // namespace evd::evctl
