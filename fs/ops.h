/* SPDX-License-Identifier: MIT */
/*
 * The FUSE operations, one file per family.  Each turns libfuse's callback
 * into a struct req and runs it; handlers answer from memory or park.
 */
#ifndef MODELFS_OPS_H
#define MODELFS_OPS_H

#include "fs/handle.h"
#include "fs/layout.h"
#include "fs/reply.h"

/* Names for metrics, in the order of enum fuse_op_id. */
enum fuse_op_id {
	OP_LOOKUP,
	OP_FORGET,
	OP_GETATTR,
	OP_SETATTR,
	OP_READLINK,
	OP_MKNOD,
	OP_MKDIR,
	OP_UNLINK,
	OP_RMDIR,
	OP_SYMLINK,
	OP_RENAME,
	OP_LINK,
	OP_OPEN,
	OP_READ,
	OP_WRITE,
	OP_FLUSH,
	OP_RELEASE,
	OP_FSYNC,
	OP_OPENDIR,
	OP_READDIR,
	OP_READDIRPLUS,
	OP_FSYNCDIR,
	OP_STATFS,
	OP_SETXATTR,
	OP_GETXATTR,
	OP_LISTXATTR,
	OP_REMOVEXATTR,
	OP_CREATE,
	OP_POLL,
	OP_COUNT
};
extern const char *const fuse_op_names[OP_COUNT];

/* fs/ops_look.c */
void op_lookup(fuse_req_t fr, fuse_ino_t parent, const char *name);
void op_forget(fuse_req_t fr, fuse_ino_t ino, uint64_t nlookup);
void op_forget_multi(fuse_req_t fr, size_t count, struct fuse_forget_data *forgets);
void op_getattr(fuse_req_t fr, fuse_ino_t ino, struct fuse_file_info *fi);
void op_setattr(fuse_req_t fr, fuse_ino_t ino, struct stat *attr, int to_set,
		struct fuse_file_info *fi);
void op_readlink(fuse_req_t fr, fuse_ino_t ino);
void op_statfs(fuse_req_t fr, fuse_ino_t ino);
/* fs/ops_dir.c */
void op_opendir(fuse_req_t fr, fuse_ino_t ino, struct fuse_file_info *fi);
void op_readdir(fuse_req_t fr, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi);
void op_readdirplus(fuse_req_t fr, fuse_ino_t ino, size_t size, off_t off,
		    struct fuse_file_info *fi);
void op_fsyncdir(fuse_req_t fr, fuse_ino_t ino, int datasync, struct fuse_file_info *fi);
/* fs/ops_file.c */
void op_open(fuse_req_t fr, fuse_ino_t ino, struct fuse_file_info *fi);
void op_create(fuse_req_t fr, fuse_ino_t parent, const char *name, mode_t mode,
	       struct fuse_file_info *fi);
void op_read(fuse_req_t fr, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi);
void op_release(fuse_req_t fr, fuse_ino_t ino, struct fuse_file_info *fi);
void op_poll(fuse_req_t fr, fuse_ino_t ino, struct fuse_file_info *fi, struct fuse_pollhandle *ph);
/* fs/ops_write.c */
void op_write(fuse_req_t fr, fuse_ino_t ino, const char *buf, size_t size, off_t off,
	      struct fuse_file_info *fi);
void op_flush(fuse_req_t fr, fuse_ino_t ino, struct fuse_file_info *fi);
void op_fsync(fuse_req_t fr, fuse_ino_t ino, int datasync, struct fuse_file_info *fi);
/* fs/ops_name.c */
void op_mknod(fuse_req_t fr, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev);
void op_mkdir(fuse_req_t fr, fuse_ino_t parent, const char *name, mode_t mode);
void op_unlink(fuse_req_t fr, fuse_ino_t parent, const char *name);
void op_rmdir(fuse_req_t fr, fuse_ino_t parent, const char *name);
void op_symlink(fuse_req_t fr, const char *target, fuse_ino_t parent, const char *name);
void op_link(fuse_req_t fr, fuse_ino_t ino, fuse_ino_t newparent, const char *newname);
/* fs/ops_rename.c */
void op_rename(fuse_req_t fr, fuse_ino_t parent, const char *name, fuse_ino_t newparent,
	       const char *newname, unsigned flags);
/* fs/ops_xattr.c */
void op_setxattr(fuse_req_t fr, fuse_ino_t ino, const char *name, const char *value, size_t size,
		 int flags);
void op_getxattr(fuse_req_t fr, fuse_ino_t ino, const char *name, size_t size);
void op_listxattr(fuse_req_t fr, fuse_ino_t ino, size_t size);
void op_removexattr(fuse_req_t fr, fuse_ino_t ino, const char *name);

/* ---- shared by the families (fs/ops_look.c) ---- */

/* The mount of a request, counting it. */
struct mount *op_mount(fuse_req_t fr, enum fuse_op_id op);
/* May a scratch file bear this name?  0, -ENOENT (a near miss of an
 * attribute's), -EPERM (a draft's attribute to be). */
int scratch_name_check(struct req *r, struct node *dir, const char *name);
/* A new scratch file; checks the name. 0 or -errno. */
int scratch_make(struct req *r, struct node *dir, const char *name, mode_t mode, struct node **out);
/* The writable attribute `name` is out of the way for a moment. */
void attribute_detach(struct req *r, struct node *dir, const char *name);
/* The text of a file, as a copy; may park. */
int node_text(struct req *r, struct node *n, struct buf *out);

#endif
