"""Inboxes and their members. Each staff user there is gets a personal one; the trigger makes the others.

A personal inbox has the id of its staff user. So what belongs to staff users now belongs to
their inboxes by the same number, and no large table is written (numbers/0004, conversations/0012).
"""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

PERSONAL = """
    INSERT INTO inboxes_inbox (id, owner_id, name) SELECT id, id, '' FROM accounts_user
    ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0006_offices_of_staff'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE inboxes_shared_id START WITH 1000000000000",
            "DROP SEQUENCE inboxes_shared_id",
        ),
        migrations.CreateModel(
            name='Account',
            fields=[
            ],
            options={
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('accounts.user',),
        ),
        migrations.CreateModel(
            name='Inbox',
            fields=[
                ('id', models.BigIntegerField(db_default=models.Func(models.Value('inboxes_shared_id'), function='nextval'), primary_key=True, serialize=False)),
                ('name', models.CharField(blank=True, max_length=120)),
                ('office', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='shared_inboxes', to='accounts.office')),
                ('owner', models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='inbox', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('inbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='inboxes.inbox')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='account',
            trigger=pgtrigger.compiler.Trigger(name='inbox_with_account', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                    INSERT INTO inboxes_inbox (id, owner_id, name) VALUES (NEW.id, NEW.id, '')\n                    ON CONFLICT DO NOTHING;\n                    RETURN NEW;\n                ", hash='0d23e8f4e19c42d4908045bb25456853d2d98555', operation='INSERT', pgid='pgtrigger_inbox_with_account_42ee9', table='accounts_user', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='inbox',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('id', models.F('owner')), ('id__lt', 1000000000000), ('name', ''), ('office', None), ('owner__isnull', False)), models.Q(('id__gte', 1000000000000), ('office__isnull', False), ('owner', None), models.Q(('name', ''), _negated=True)), _connector='OR'), name='inbox_personal_or_shared'),
        ),
        migrations.AddConstraint(
            model_name='inbox',
            constraint=models.UniqueConstraint(fields=('office', 'name'), name='inbox_name_once'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('inbox', 'user'), name='member_once'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('inbox__gte', 1000000000000)), name='member_of_shared_inbox'),
        ),
        migrations.RunSQL(PERSONAL, migrations.RunSQL.noop),
    ]
