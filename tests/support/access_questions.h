#pragma once

#include <vector>

namespace evd::test {

// A question and what each of four people is answered: the records as json, one space after each.
//
// root sees everything; one_type all of the events acc.open and nothing else; part the fields
// timestamp, event_type and n of acc.part, and the logs of acc.shop; no_events all logs, and all
// metrics but acc.dark, odd.hist and the label mount of acc.disk.
//
//      events (n, secret, who)     acc.open 1 7 eve, 2 8 bob; acc.part 3 7 eve, 4 8 bob;
//                                  acc.dark 5 7 eve
//      logs                        acc.shop "sold apples", "till broken" (an error);
//                                  acc.quiet "psst apples"
//      metrics                     acc.cpu[core=0] 1, acc.dark 9, acc.disk[device=x,mount=y] 2,
//                                  acc.disk[device=x,mount=z] 3; all of the same moment; odd.hist,
//                                  a histogram, for root only
//
// "refused:x" is the refusal that names the field x (Ruling A4). nullptr: not compared, because
// more than the test's own records is in question.
struct AccessQuestion {
    const char* text;
    const char* root;
    const char* one_type;
    const char* part;
    const char* no_events;
};

// Ruling A5: a hidden field is missing, by whatever way it is asked for.
inline const std::vector<AccessQuestion> kEventQuestions = {
    {"EVENTS SELECT event_type, n, secret", nullptr,
     R"({"event_type":"acc.open","n":2,"secret":8} {"event_type":"acc.open","n":1,"secret":7} )",
     R"({"event_type":"acc.part","n":4} {"event_type":"acc.part","n":3} )", ""},
    {"EVENTS acc.dark SELECT n", R"({"n":5} )", "", "", ""},
    {"EVENTS WHERE event_type == \"acc.dark\" SELECT n", R"({"n":5} )", "", "", ""},
    {"EVENTS WHERE n > 2 SELECT n", nullptr, "", R"({"n":4} {"n":3} )", ""},
    {"EVENTS acc.* WHERE secret == 7 SELECT n", R"({"n":5} {"n":3} {"n":1} )", R"({"n":1} )", "",
     ""},
    {"EVENTS acc.* WHERE secret != 99 SELECT n", R"({"n":5} {"n":4} {"n":3} {"n":2} {"n":1} )",
     R"({"n":2} {"n":1} )", "", ""},
    {"EVENTS acc.* WHERE secret IS NULL SELECT n", "", "", R"({"n":4} {"n":3} )", ""},
    {"EVENTS acc.* WHERE secret IS NOT NULL SELECT n",
     R"({"n":5} {"n":4} {"n":3} {"n":2} {"n":1} )", R"({"n":2} {"n":1} )", "", ""},
    {"EVENTS acc.* WHERE NOT (secret > 0) SELECT n", "", "", R"({"n":4} {"n":3} )", ""},
    {"EVENTS acc.* WHERE NOT (secret == 7) SELECT n", R"({"n":4} {"n":2} )", R"({"n":2} )",
     R"({"n":4} {"n":3} )", ""},
    {"EVENTS acc.* WHERE secret IN (7) OR n == 4 SELECT n", R"({"n":5} {"n":4} {"n":3} {"n":1} )",
     R"({"n":1} )", R"({"n":4} )", ""},
    {"EVENTS acc.* WHERE who MATCHES \"^e\" SELECT n", R"({"n":5} {"n":3} {"n":1} )", R"({"n":1} )",
     "", ""},
    {"EVENTS acc.* WHERE NOT (who MATCHES \"^e\") SELECT n", R"({"n":4} {"n":2} )", R"({"n":2} )",
     R"({"n":4} {"n":3} )", ""},
    {"EVENTS acc.* WHERE who CONTAINS \"v\" SELECT n", R"({"n":5} {"n":3} {"n":1} )", R"({"n":1} )",
     "", ""},
    {"EVENTS acc.* WHERE cpu_id IS NULL SELECT n", "", "", R"({"n":4} {"n":3} )", ""},
    {"EVENTS acc.* WHERE cpu_id >= 0 SELECT n", R"({"n":5} {"n":4} {"n":3} {"n":2} {"n":1} )",
     R"({"n":2} {"n":1} )", "", ""},
    {"EVENTS SINCE 1h ago WHERE timestamp > 0 SELECT n", nullptr, R"({"n":2} {"n":1} )",
     R"({"n":4} {"n":3} )", ""},
    {"EVENTS acc.* SORT n TAKE 1 SELECT n", R"({"n":1} )", R"({"n":1} )", R"({"n":3} )", ""},
    {"EVENTS acc.* SORT n SKIP 1 SELECT n", R"({"n":2} {"n":3} {"n":4} {"n":5} )", R"({"n":2} )",
     R"({"n":4} )", ""},
    {"EVENTS acc.* SORT timestamp SELECT n", R"({"n":1} {"n":2} {"n":3} {"n":4} {"n":5} )",
     R"({"n":1} {"n":2} )", R"({"n":3} {"n":4} )", ""},
    {"EVENTS acc.* SORT secret SELECT n", R"({"n":5} {"n":3} {"n":1} {"n":4} {"n":2} )",
     R"({"n":1} {"n":2} )", "refused:secret", ""},
};

// Ruling A4: made of what is visible, or refused where a field it goes by is not.
inline const std::vector<AccessQuestion> kAggregateQuestions = {
    {"EVENTS COUNT", nullptr, R"({"count":2} )", R"({"count":2} )", R"({"count":0} )"},
    {"EVENTS acc.* COUNT", R"({"count":5} )", R"({"count":2} )", R"({"count":2} )",
     R"({"count":0} )"},
    {"EVENTS acc.dark COUNT", R"({"count":1} )", R"({"count":0} )", R"({"count":0} )",
     R"({"count":0} )"},
    {"EVENTS acc.* WHERE secret == 7 COUNT", R"({"count":3} )", R"({"count":1} )",
     R"({"count":0} )", R"({"count":0} )"},
    {"EVENTS COUNT BY event_type", nullptr, R"({"count":2,"event_type":"acc.open"} )",
     R"({"count":2,"event_type":"acc.part"} )", ""},
    {"EVENTS acc.* COUNT BY secret", R"({"count":3,"secret":7} {"count":2,"secret":8} )",
     R"({"count":1,"secret":7} {"count":1,"secret":8} )", "refused:secret", ""},
    {"EVENTS acc.* COUNT BY cpu_id", R"({"count":5,"cpu_id":0} )", R"({"count":2,"cpu_id":0} )",
     "refused:cpu_id", ""},
    {"EVENTS acc.* TOP 1 BY n", R"({"count":1,"n":1} )", R"({"count":1,"n":1} )",
     R"({"count":1,"n":3} )", ""},
    {"EVENTS acc.* TOP 1 BY who", R"({"count":3,"who":"eve"} )", R"({"count":1,"who":"bob"} )",
     "refused:who", ""},
    {"EVENTS acc.* DISTINCT n", R"({"n":1} {"n":2} {"n":3} {"n":4} {"n":5} )",
     R"({"n":1} {"n":2} )", R"({"n":3} {"n":4} )", ""},
    {"EVENTS DISTINCT event_type", nullptr, R"({"event_type":"acc.open"} )",
     R"({"event_type":"acc.part"} )", ""},
    {"EVENTS acc.* DISTINCT secret", R"({"secret":7} {"secret":8} )",
     R"({"secret":7} {"secret":8} )", "refused:secret", ""},
    // Of a type nothing of which is visible no field is hidden.
    {"EVENTS acc.dark DISTINCT secret", R"({"secret":7} )", "", "", ""},
    {"EVENTS acc.part SORT secret SELECT n", R"({"n":3} {"n":4} )", "", "refused:secret", ""},
    {"EVENTS acc.* GROUP event_type SUM n",
     R"({"event_type":"acc.dark","sum":5} {"event_type":"acc.open","sum":3} {"event_type":"acc.part","sum":7} )",
     R"({"event_type":"acc.open","sum":3} )", R"({"event_type":"acc.part","sum":7} )", ""},
    {"EVENTS acc.* GROUP event_type MAX secret",
     R"({"event_type":"acc.dark","max":7} {"event_type":"acc.open","max":8} {"event_type":"acc.part","max":8} )",
     R"({"event_type":"acc.open","max":8} )", "refused:secret", ""},
    {"EVENTS acc.* GROUP secret COUNT", R"({"count":3,"secret":7} {"count":2,"secret":8} )",
     R"({"count":1,"secret":7} {"count":1,"secret":8} )", "refused:secret", ""},
    {"EVENTS acc.* COUNT OVER 36500d", R"({"bucket":0,"count":5} )", R"({"bucket":0,"count":2} )",
     R"({"bucket":0,"count":2} )", ""},
};

inline const std::vector<AccessQuestion> kLogQuestions = {
    {"LOGS SELECT origin, message", nullptr, "",
     R"({"message":"till broken","origin":"acc.shop"} {"message":"sold apples","origin":"acc.shop"} )",
     R"({"message":"psst apples","origin":"acc.quiet"} {"message":"till broken","origin":"acc.shop"} {"message":"sold apples","origin":"acc.shop"} )"},
    {"LOGS FROM acc.quiet SELECT message", R"({"message":"psst apples"} )", "", "",
     R"({"message":"psst apples"} )"},
    {"LOGS CONTAINING apples SELECT origin", R"({"origin":"acc.quiet"} {"origin":"acc.shop"} )", "",
     R"({"origin":"acc.shop"} )", R"({"origin":"acc.quiet"} {"origin":"acc.shop"} )"},
    {"LOGS ERROR ONLY SELECT message", nullptr, "", R"({"message":"till broken"} )",
     R"({"message":"till broken"} )"},
    {"LOGS WHERE message MATCHES \"^psst\" COUNT", R"({"count":1} )", R"({"count":0} )",
     R"({"count":0} )", R"({"count":1} )"},
    {"LOGS FROM acc.shop ERROR ONLY WITH CONTEXT 1 SELECT message",
     R"({"message":"till broken"} {"message":"sold apples"} )", "",
     R"({"message":"till broken"} {"message":"sold apples"} )",
     R"({"message":"till broken"} {"message":"sold apples"} )"},
    {"LOGS CONTAINING psst WITH CONTEXT 2 SELECT message", R"({"message":"psst apples"} )", "", "",
     R"({"message":"psst apples"} )"},
    {"LOGS FROM acc.shop, acc.quiet COUNT BY origin",
     R"({"count":2,"origin":"acc.shop"} {"count":1,"origin":"acc.quiet"} )", "",
     R"({"count":2,"origin":"acc.shop"} )",
     R"({"count":2,"origin":"acc.shop"} {"count":1,"origin":"acc.quiet"} )"},
    {"LOGS FROM acc.shop, acc.quiet DISTINCT message",
     R"({"message":"psst apples"} {"message":"sold apples"} {"message":"till broken"} )", "",
     R"({"message":"sold apples"} {"message":"till broken"} )",
     R"({"message":"psst apples"} {"message":"sold apples"} {"message":"till broken"} )"},
    {"LOGS FROM acc.shop, acc.quiet COUNT OVER 36500d", R"({"bucket":0,"count":3} )", "",
     R"({"bucket":0,"count":2} )", R"({"bucket":0,"count":3} )"},
};

inline const std::vector<AccessQuestion> kMetricQuestions = {
    {"METRIC acc.*[] SELECT name, value",
     R"({"name":"acc.cpu","value":1.0} {"name":"acc.dark","value":9.0} {"name":"acc.disk","value":2.0} {"name":"acc.disk","value":3.0} )",
     "", "",
     R"({"name":"acc.cpu","value":1.0} {"name":"acc.disk","value":2.0} {"name":"acc.disk","value":3.0} )"},
    {"METRIC acc.disk[] SELECT device, mount, value",
     R"({"device":"x","mount":"y","value":2.0} {"device":"x","mount":"z","value":3.0} )", "", "",
     R"({"device":"x","value":2.0} {"device":"x","value":3.0} )"},
    {"METRIC acc.disk[mount=y] SELECT value", R"({"value":2.0} )", "", "", ""},
    {"METRIC acc.disk[device=x] SELECT value", R"({"value":2.0} {"value":3.0} )", "", "",
     R"({"value":2.0} {"value":3.0} )"},
    {"METRIC acc.disk[] WHERE mount IS NULL SELECT value", "", "", "",
     R"({"value":2.0} {"value":3.0} )"},
    {"METRIC acc.disk[] SORT mount SELECT value", R"({"value":2.0} {"value":3.0} )", "", "",
     "refused:mount"},
    {"METRIC acc.disk SELECT value", R"({"value":2.5} )", "", "", R"({"value":2.5} )"},
    {"METRIC acc.* MAX SELECT value", R"({"value":9.0} )", "", "", R"({"value":3.0} )"},
    {"METRIC acc.* SINCE 1h ago SUM SELECT value", R"({"value":15.0} )", "", "",
     R"({"value":6.0} )"},
    {"METRIC acc.dark SELECT value", R"({"value":9.0} )", "", "", ""},
    {"METRIC acc.cpu[] SINCE 1h ago AVG_OVER 36500d SELECT value", R"({"value":1.0} )", "", "",
     R"({"value":1.0} )"},
};

// Of another store only what is visible there counts; nothing tells it from what is not stored.
inline const std::vector<AccessQuestion> kCrossQuestions = {
    {"EVENTS acc.* SINCE 1h ago WHERE LOG acc.shop EXISTS COUNT", R"({"count":5} )",
     R"({"count":0} )", R"({"count":2} )", R"({"count":0} )"},
    {"EVENTS acc.* SINCE 1h ago WHERE LOG acc.shop CONTAINING apples EXISTS COUNT",
     R"({"count":5} )", R"({"count":0} )", R"({"count":2} )", R"({"count":0} )"},
    {"EVENTS acc.* SINCE 1h ago WHERE LOG acc.quiet EXISTS COUNT", R"({"count":5} )",
     R"({"count":0} )", R"({"count":0} )", R"({"count":0} )"},
    {"EVENTS acc.* SINCE 1h ago WHERE NOT (LOG acc.quiet EXISTS) COUNT", R"({"count":0} )",
     R"({"count":2} )", R"({"count":2} )", R"({"count":0} )"},
    {"EVENTS acc.* SINCE 1h ago WHERE METRIC acc.cpu > 0 COUNT", R"({"count":5} )",
     R"({"count":0} )", R"({"count":0} )", R"({"count":0} )"},
    // A histogram is an error for those who see it.
    {"EVENTS acc.* SINCE 1h ago WHERE NOT (METRIC odd.hist > 0) COUNT", nullptr, R"({"count":2} )",
     R"({"count":2} )", R"({"count":0} )"},
    {"LOGS FROM acc.shop SINCE 1h ago WHERE METRIC acc.cpu > 0 COUNT", R"({"count":2} )",
     R"({"count":0} )", R"({"count":0} )", R"({"count":2} )"},
    {"LOGS FROM acc.shop SINCE 1h ago WHERE METRIC acc.dark > 0 COUNT", R"({"count":2} )",
     R"({"count":0} )", R"({"count":0} )", R"({"count":0} )"},
    {"LOGS FROM acc.shop SINCE 1h ago WHERE METRIC acc.disk[mount=\"y\"] > 0 COUNT",
     R"({"count":2} )", R"({"count":0} )", R"({"count":0} )", R"({"count":0} )"},
    {"LOGS FROM acc.shop SINCE 1h ago WHERE EVENT acc.part EXISTS COUNT", R"({"count":2} )",
     R"({"count":0} )", R"({"count":2} )", R"({"count":0} )"},
    {"LOGS FROM acc.shop SINCE 1h ago WHERE EVENT acc.dark EXISTS COUNT", R"({"count":2} )",
     R"({"count":0} )", R"({"count":0} )", R"({"count":0} )"},
    {"METRIC acc.cpu[] SINCE 1h ago WHERE LOG acc.quiet EXISTS SELECT value", R"({"value":1.0} )",
     "", "", R"({"value":1.0} )"},
    {"METRIC acc.cpu[] SINCE 1h ago WHERE EVENT acc.open EXISTS SELECT value", R"({"value":1.0} )",
     "", "", ""},
};

}  // namespace evd::test
