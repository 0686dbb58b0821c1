#pragma once

#include "common/base/result.h"
#include "queryd/exec/connection_cache.h"
#include "queryd/exec/event_question.h"
#include "queryd/exec/query_engine.h"
#include "queryd/exec/run_control.h"
#include "queryd/exec/sight.h"
#include "queryd/exec/store_control.h"
#include "queryd/stream/commit_signal.h"

#include <string>

namespace evd::queryd {

// How long one answer of the store about its stable id is waited for.
inline constexpr int64_t kStableIdPatienceMs = 2'000;
// How often a page is read again because the store was restarted meanwhile.
inline constexpr int kStoreAttemptsMax = 5;

struct EventReadingParts {
    const std::string& event_folder;
    ConnectionCache& connections;
    StoreControl& store;
    CommitSignal& signal;
    Sights& sights;  // asked anew for each page
};

// Answers a question about the global sequence: a page of events, or all from a cursor on until the
// question is cancelled. Events go to the sink as wire::StoredEvent, a flush after each page.
//
// Nothing is missed and nothing comes twice, because of three rules. Only ids up to the store's
// stable id are read: what lies below is committed or will never be. The store is asked once more,
// on the same connection, before what was read goes out: so no other store, which may have given
// void ids out again, has written meanwhile. And a cursor is always the id of an event that is
// there, never a void one. A store that is away is waited for by who follows, and is Busy for a
// page. Invalid: a cursor beyond the stable id belongs to another store. Blocks its thread.
base::Result<void> readEvents(const EventQuestion& question, const EventReadingParts& parts,
                              const RunControl& control, RecordSink& sink);

}  // namespace evd::queryd
