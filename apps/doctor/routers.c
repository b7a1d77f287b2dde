/* Routers: who leads where, and what does not fit together. */
#include "apps/doctor/network.h"

static void judge_router(const DoctorNetwork *network, const BacRoute *first)
{
    char memory[300];
    BpBuf out = bp_buf(memory, sizeof memory);
    for (size_t i = 0; i < network->routes.count; i++) {
        const BacRoute *route = &network->routes.items[i];
        if (bac_address_equal(&route->router, &first->router))
            bp_buf_printf(&out, "%s%u", out.size ? ", " : "", route->network);
    }
    doctor_say(network->doctor, DOCTOR_FINE, "router", "%s leads to network %.*s",
               doctor_name_of(&first->router).text, BP_STR_ARGS(bp_buf_text(&out)));
}

static void judge_routes(const DoctorNetwork *network)
{
    Doctor *doctor = network->doctor;
    for (size_t i = 0; i < network->routes.count; i++) {
        const BacRoute *route = &network->routes.items[i];
        bool is_first_of_router = true, is_first_of_network = true;
        for (size_t j = 0; j < i; j++) {
            is_first_of_router &= !bac_address_equal(&network->routes.items[j].router, &route->router);
            is_first_of_network &= network->routes.items[j].network != route->network;
        }
        if (is_first_of_router) {
            doctor->routers++;
            judge_router(network, route);
        }
        const BacRoute *other = bac_routes_other(&network->routes, &route->router, route->network);
        if (is_first_of_network && other) {
            doctor_say(doctor, DOCTOR_WRONG, "router", "network %u is behind %s and behind %s",
                       route->network, doctor_name_of(&route->router).text,
                       doctor_name_of(&other->router).text);
            doctor_mend(doctor, "two networks with one number: give one another; or two ways to one, of "
                                "which one must go. Until then BacPipes keeps them apart by router");
        }
        if (!route->was_announced) {
            doctor_say(doctor, DOCTOR_NOTE, "router",
                       "%s passes on messages of network %u, and does not answer who leads there",
                       doctor_name_of(&route->router).text, route->network);
        }
        if (route->network == network->routes.own_network) {
            doctor_say(doctor, DOCTOR_WRONG, "router",
                       "network %u is behind %s, and our own network has that number too", route->network,
                       doctor_name_of(&route->router).text);
            doctor_mend(doctor, "give one of the two another number");
        }
    }
    if (network->routes.count == 0)
        doctor_say(doctor, DOCTOR_FINE, "router", "no router answers: there is this network alone");
}

static void judge_troubles(const DoctorNetwork *network)
{
    Doctor *doctor = network->doctor;
    if (network->routes.own_network)
        doctor_say(doctor, DOCTOR_FINE, "router", "our own network is number %u",
                   network->routes.own_network);
    for (size_t i = 0; i < network->trouble_count; i++) {
        const DoctorTrouble *trouble = &network->troubles[i];
        const DoctorName router = doctor_name_of(&trouble->route.router);
        if (trouble->news == BAC_ROUTE_OWN_DIFFERS) {
            doctor_say(doctor, DOCTOR_WRONG, "router",
                       "%s says that our own network is number %u, others say %u", router.text,
                       trouble->route.network, trouble->own_network);
            doctor_mend(doctor, "set the number that is right in all routers of this network");
        } else if (trouble->news == BAC_ROUTE_BUSY_NOW) {
            doctor_say(doctor, DOCTOR_NOTE, "router", "%s is too busy for network %u now", router.text,
                       trouble->route.network);
            doctor_mend(doctor, "who asks so much there? BacPipes keeps to poll.trunk_rate");
        } else {
            doctor_say(doctor, DOCTOR_WRONG, "router", "%s does not pass on messages to network %u: %s",
                       router.text, trouble->route.network, bac_network_reject_text(trouble->reason));
        }
    }
}

void doctor_judge_routers(const DoctorNetwork *network)
{
    judge_routes(network);
    judge_troubles(network);
}
