/* A link to be, in <data>/link.next: its key is drawn there, and its request (PEM) is kept until central has
 * answered, so that what was cut short is asked again with the same key. Complete, it takes the place of
 * <data>/link in one step. */
#ifndef LINK_DRAFT_H
#define LINK_DRAFT_H

#include "link/join_file.h"
#include "link/link.h"

/* Begins one for the purpose, or goes on with the one that is there for the same: of another it is thrown
 * away. The purpose is a line of text: which join file it is, or which certificate is to be followed. The
 * request is in `arena`. BP_UNAVAILABLE: the folder cannot be written. */
BpStatus link_draft_begin(const char *data_folder, BpStr purpose, BpArena *arena, BpStr *ret_request,
                          BpError *err) BP_CHECKED;

/* How to reach central by the join file, whose certificate and key are put into the draft for that. Fills
 * *ret_options but for owner and callbacks; its texts are the file's, or in `arena`. */
BpStatus link_draft_options(const char *data_folder, const LinkJoinFile *file, BpArena *arena,
                            PgOptions *ret_options, BpError *err) BP_CHECKED;

/* True: the link that is there was made by a draft for this purpose. */
bool link_is_made_for(const char *data_folder, BpStr purpose);

/* Central's answer (JSON of sync.join and sync.renew) makes it a link, which is returned as link_read would.
 * BP_INVALID: the answer is none, or its certificate is for another key or of none of the authorities: the
 * link that was there still is. */
BpStatus link_draft_complete(const char *data_folder, BpStr answer, BpArena *arena, Link *ret_link,
                             BpError *err) BP_CHECKED;

/* The link to be is, or is not, to another central than the one before. It is on disk before the link is made
 * of the draft, and stays until link_forget_other: whoever is cut short before the database knows goes on
 * with that. */
BpStatus link_draft_note_other(const char *data_folder, bool is_other, BpError *err) BP_CHECKED;
bool link_is_to_other(const char *data_folder);
void link_forget_other(const char *data_folder);

/* True: one authority at least is in both (PEM). */
bool link_has_authority(BpStr known, BpStr told);

/* Throws it away. */
void link_draft_drop(const char *data_folder);

/* Has the link trust these authorities (PEM) from now on, where one of those it trusts is among them:
 * BP_INVALID otherwise. */
BpStatus link_trust(const char *data_folder, BpStr authorities, bool *ret_is_news, BpError *err) BP_CHECKED;

#endif
