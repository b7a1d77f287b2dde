/* A short word that something was done, or was not; it goes by itself, except where it failed. */
import { notifications } from '@mantine/notifications'

export function toast(message: string, title?: string): void {
    notifications.show({ message, ...(title ? { title } : {}), autoClose: 4000 })
}

export function toastProblem(words: { title: string; detail: string }): void {
    notifications.show({ title: words.title, message: words.detail, color: 'red', autoClose: false })
}
